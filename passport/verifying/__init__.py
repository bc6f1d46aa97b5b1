"""Checks of passports by API, and the record of each."""
