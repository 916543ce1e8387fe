"""Anomaly scores of windows, with reasons."""
