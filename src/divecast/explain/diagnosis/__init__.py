"""Whether a fitted model's code is sound."""
