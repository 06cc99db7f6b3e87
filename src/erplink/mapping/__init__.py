"""Documents of a system ↔ canonical documents: one typed value, read both ways."""
