"""Pages for staff: my passport, its QR code, sharing, who has looked."""
