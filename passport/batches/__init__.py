"""Bulk work that can be undone: dry run, chunks, progress, outcomes row by row."""
