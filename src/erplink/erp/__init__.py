"""The vendors' dialects: one folder per system, none imports another."""
