"""Losses: from distributions to scalars."""
