"""Jobs run by worker processes or a Ray cluster, where a worker may die."""
