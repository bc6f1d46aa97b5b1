"""Lets `python -m passport` do what the command `passport` does."""

from passport.cli import main

if __name__ == "__main__":
    main()
