"""Measures of disentanglement on observed windows: MIG, DCI, SAP, modularity, leakage and ownership.

``disentanglement(units, labels)`` estimates all of them with intervals; docs/measures.md describes the estimators.
"""

from divecast.metrics.latents.information import entropy, mutual_information
from divecast.metrics.latents.measured import Estimate, Measured
from divecast.metrics.latents.measures import Disentanglement, disentanglement
from divecast.metrics.latents.settings import MeasureConfig
from divecast.metrics.latents.units import FactorLabels, Units

__all__ = [
    "Disentanglement",
    "Estimate",
    "FactorLabels",
    "MeasureConfig",
    "Measured",
    "Units",
    "disentanglement",
    "entropy",
    "mutual_information",
]
