"""The database's migrations, numbered, applied by Alembic as the owner role (`passport db upgrade`)."""
