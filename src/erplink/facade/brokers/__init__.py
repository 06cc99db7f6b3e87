"""Message brokers: what is to be set, and how each is spoken to. Its library is loaded when one is opened."""
