"""Which windows are anomalous, and why."""
