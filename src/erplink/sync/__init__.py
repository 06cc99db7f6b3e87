"""The stories: pull, assemble, decide, book, push. Written once over ``Io``, called from both worlds."""
