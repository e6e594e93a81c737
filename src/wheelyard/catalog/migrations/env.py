"""What Alembic runs first: it hands over the connection that ``upgrade.migrate`` opened."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection)
with context.begin_transaction():
    context.run_migrations()
