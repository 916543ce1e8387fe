"""Diagnosis of a fitted model's code."""
