"""Bias of the measures of disentanglement on small samples."""
