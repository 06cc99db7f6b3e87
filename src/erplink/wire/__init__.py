"""How anything is called: ``Io``, ``Call``, ``Reply``, and the pipeline session → rate → send → verdict → retry."""
