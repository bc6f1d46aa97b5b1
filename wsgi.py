"""The application for any WSGI server: `wsgi:app`, with settings from the environment."""

from passport.app import from_environment

app = from_environment()
