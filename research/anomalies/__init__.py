"""Which windows are anomalous: injected faults and holidays."""
