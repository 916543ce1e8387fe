"""Accuracy on real data, as a user would fit it."""
