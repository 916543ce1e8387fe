"""From data to a fitted model."""
