"""How anything is called: ``Io``, ``Call``, ``Reply``, and the pipeline session → turn → send → verdict → retry."""
