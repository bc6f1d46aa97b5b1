"""Runs the migrations on the connection that `passport.migration` hands over, as the owner of the tables."""

from alembic import context

from passport.migration import metadata, ours

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata(),
    include_object=ours,
    transaction_per_migration=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
