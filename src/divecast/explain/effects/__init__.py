"""Curves of the effects of a fitted model."""
