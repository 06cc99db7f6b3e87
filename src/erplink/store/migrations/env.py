"""What alembic runs: the steps to the newest revision, on the connection and in the transaction it is given."""

from __future__ import annotations

from alembic import context

from erplink.store.revision import version


def steps() -> None:
    """Run the scripts between the revision found and the one asked for."""
    given = context.config.attributes
    context.configure(
        connection=given["connection"],
        version_table=version.name,
        version_table_schema=given["schema"],
        on_version_apply=given["tell"],
        transactional_ddl=True,
    )
    context.run_migrations()


if hasattr(context, "config"):  # only while alembic runs this file
    steps()
