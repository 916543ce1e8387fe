"""Structural models of single series, averaged: what a series does by its own past (docs/method.md)."""

from divecast.structural.averaged import Ahead, Averaged
from divecast.structural.models import MODELS, StructuralModel

__all__ = ["MODELS", "Ahead", "Averaged", "StructuralModel"]
