"""Texts that people write: values with the lines they stand on, and errors that name the line and the word."""
