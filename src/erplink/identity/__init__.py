"""Claims to people: which identifiers are one person. Pure."""
