"""Measures of disentanglement on observed windows: MIG, DCI, SAP, modularity, leakage and ownership.

``disentanglement(units, labels)`` estimates all of them with intervals; docs/measures.md describes the estimators.
"""

from divecast.metrics.latents.information import entropy, information_draws, mutual_information
from divecast.metrics.latents.measured import Estimate, Measured
from divecast.metrics.latents.measures import Disentanglement, disentanglement
from divecast.metrics.latents.mig import gaps
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.settings import MeasureConfig
from divecast.metrics.latents.units import FactorLabels, Units

__all__ = [
    "Disentanglement",
    "Estimate",
    "FactorLabels",
    "MeasureConfig",
    "Measured",
    "Sample",
    "Units",
    "disentanglement",
    "entropy",
    "gaps",
    "information_draws",
    "mutual_information",
]
