"""Panels, recordings and stores."""
