"""Forecasts under another code."""
