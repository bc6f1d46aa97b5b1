"""One file a migration; the number is its revision id."""
