"""A delivery's text cells -> typed and rejected rows, by SQL generated from the contract; CPR replaced in the same pass."""
