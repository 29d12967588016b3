"""Run by Alembic: migrates the store whose connection `sulku_desk.migrate` hands over."""

from alembic import context

connection = context.config.attributes["connection"]
store = context.config.attributes["store"]
is_sqlite = connection.dialect.name == "sqlite"

context.configure(
    connection=connection,
    target_metadata=context.config.attributes["metadata"],
    version_table="schema_version",
    version_table_schema=None if is_sqlite else store,
    include_schemas=not is_sqlite,
    include_name=lambda name, kind, _parents: kind != "schema" or name == store,
    # Our own transaction is open already: a migration happens wholly or not at all, on both databases.
    transactional_ddl=False,
)
context.run_migrations()
