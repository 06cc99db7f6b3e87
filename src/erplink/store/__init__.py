"""Tables and queries: plain functions over a SQLAlchemy ``Connection``, each inside the caller's transaction."""
