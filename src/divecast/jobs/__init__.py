"""Jobs that may die, worked off by processes here or by a Ray cluster."""
