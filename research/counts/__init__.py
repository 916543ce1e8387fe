"""Quantiles of counts: divecast next to models for counts."""
