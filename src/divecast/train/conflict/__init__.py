"""Measures whether the losses of a fit conflict."""
