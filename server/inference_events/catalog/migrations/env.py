"""Run the migrations on the connection that `catalog.database.upgrade` hands over."""

from alembic import context

from inference_events.catalog.tables import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
