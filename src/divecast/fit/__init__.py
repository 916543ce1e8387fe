"""Fit of a model to data.

These names are public: studies and other packages may import them from here.
"""

from divecast.fit.class_ridge import ClassRidge
from divecast.fit.fit_model import FitRequest
from divecast.fit.solve_classes import solve_classes

__all__ = [
    "ClassRidge",
    "FitRequest",
    "solve_classes",
]
