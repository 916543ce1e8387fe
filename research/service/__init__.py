"""How many requests the service answers, how long they take, and what batches save."""
