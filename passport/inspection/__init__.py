"""What auditors see: the log of their organisation, its signed checkpoints, and what was known of a person."""
