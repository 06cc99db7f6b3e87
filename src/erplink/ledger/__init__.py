"""The pure algebra of member accounts: lots, debt, double-entry postings. Instants are passed in."""
