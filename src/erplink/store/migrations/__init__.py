"""How tables of an earlier revision become today's; alembic runs the scripts in ``versions`` in order."""
