"""The people whom the records are about: identity, registrations, employments, matching."""
