"""Training: minimises the losses of the network."""
