"""Leakage and ownership: how well a factor can be predicted from which units."""

from dataclasses import dataclass

import numpy as np

from divecast.metrics.latents.accuracy import accuracies, chances, class_counts, hit_counts, ratio
from divecast.metrics.latents.forest import read_held_out
from divecast.metrics.latents.measured import Measured, bootstrapped
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.units import Floats


@dataclass(frozen=True, eq=False, slots=True)
class Probe:
    """How well a small forest predicts factors on held-out windows.

    Attributes:
        accuracy: share of the windows predicted right.
        skill: the same, scaled such that 0 is the share of the most frequent class and 1 is perfect.
    """

    accuracy: Measured
    skill: Measured


@dataclass(frozen=True, eq=False, slots=True)
class _Reading:
    name: str
    accuracy: Floats
    skill: Floats


def ownership(sample: Sample) -> Probe:
    """Read each factor from its own unit; parts by factor."""
    units = zip(sample.units.owners, sample.units.values, strict=True)
    places = [(owner, sample.labels.factors.index(owner), values) for owner, values in units if owner is not None]
    return _pooled(sample, [_read(sample, name, factor, values) for name, factor, values in places])


def leakage_a(sample: Sample) -> Probe:
    """Read each factor from all units that no factor owns, jointly; parts by factor."""
    free = [v for v, owner in zip(sample.units.values, sample.units.owners, strict=True) if owner is None]
    factors = enumerate(sample.labels.factors) if free else ()
    return _pooled(sample, [_read(sample, name, factor, np.concatenate(free, axis=1)) for factor, name in factors])


def leakage_b(sample: Sample) -> Probe:
    """Predict each factor from each unit of another factor; parts are named as "hour from b_weekday"."""
    units = zip(sample.units.names, sample.units.owners, sample.units.values, strict=True)
    pairs = [
        (f"{name} from {unit}", factor, values)
        for unit, owner, values in units
        for factor, name in enumerate(sample.labels.factors)
        if owner not in (None, name)
    ]
    return _pooled(sample, [_read(sample, name, factor, values) for name, factor, values in pairs])


def chance_levels(sample: Sample) -> dict[str, float]:
    """Return the share of the most frequent class of each factor, the accuracy of a constant prediction."""
    return {name: float(chances(class_counts(sample, i))[0]) for i, name in enumerate(sample.labels.factors)}


def _read(sample: Sample, name: str, factor: int, values: Floats) -> _Reading:
    read, _ = read_held_out(values, sample.labels.values[:, factor], sample.folds, sample.config)
    counts = class_counts(sample, factor)
    accuracy, chance = accuracies(hit_counts(sample, factor, read), counts), chances(counts)
    return _Reading(name, accuracy, ratio(accuracy - chance, 1.0 - chance))


def _pooled(sample: Sample, readings: list[_Reading]) -> Probe:
    names, level, none = [reading.name for reading in readings], sample.config.level, np.empty((len(sample.draws), 0))
    accuracy = np.stack([reading.accuracy for reading in readings], axis=-1) if readings else none
    skill = np.stack([reading.skill for reading in readings], axis=-1) if readings else none
    return Probe(bootstrapped(names, accuracy, level), bootstrapped(names, skill, level))
