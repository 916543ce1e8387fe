"""Short series and small panels: what is learned from few values."""
