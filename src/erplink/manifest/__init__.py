"""Systems described by a text: what is where, how to ask, how to log in, what a reply means. No code in it."""
