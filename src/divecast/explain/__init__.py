"""Explanations of a fitted model: counterfactuals, attribution, anomalies, and the diagnosis of its code."""
