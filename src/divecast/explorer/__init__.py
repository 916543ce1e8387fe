"""A fitted model and its data behind HTTP: the explorer's page and the questions it asks."""
