"""The workforce picture: counts, gaps and time saved, with small numbers suppressed."""
