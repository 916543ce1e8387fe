"""Forecasts under a changed code."""
