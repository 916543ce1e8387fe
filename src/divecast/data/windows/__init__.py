"""Windows: split, scaled and gathered into batches."""
