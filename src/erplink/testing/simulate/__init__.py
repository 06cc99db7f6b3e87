"""The seeded simulator."""
