"""What the service tells people and systems by itself: reminders by e-mail, webhooks."""
