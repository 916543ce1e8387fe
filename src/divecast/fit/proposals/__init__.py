"""Labellings that someone proposes, and that the data keep or drop."""
