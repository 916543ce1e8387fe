"""Questions to a fitted model: what-if, attribution, anomalies, and a diagnosis of its code."""
