"""Fitted models: forecasts, codes, evaluation, and files."""
