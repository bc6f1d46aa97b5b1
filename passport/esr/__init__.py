"""Imports from ESR: read, dry run, match, reconcile, report by row."""
