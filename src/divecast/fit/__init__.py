"""Fit of a model to data.

These names are public: studies and other packages may import them from here.
"""

from divecast.fit.fit_model import FitRequest

__all__ = [
    "FitRequest",
]
