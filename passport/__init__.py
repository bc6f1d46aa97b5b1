"""The staff passport service: a Flask application in rooms, one for each part of the domain.

Importing this package imports nothing else; `passport.app.create_app` builds the application.
"""
