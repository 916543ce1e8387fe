"""Fit of a model to data."""
