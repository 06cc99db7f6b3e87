"""Points and tiers: what an order earns, what a return takes back, and why. Pure functions of facts and a policy."""
