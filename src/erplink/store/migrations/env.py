"""What alembic runs: the steps to the newest revision, on the connection and in the transaction it is given."""

from __future__ import annotations

from alembic import context

from erplink.store.revision import version

context.configure(
    connection=context.config.attributes["connection"],
    version_table=version.name,
    version_table_schema=context.config.attributes["schema"],
    on_version_apply=context.config.attributes["tell"],
    transactional_ddl=True,
)
context.run_migrations()
