"""All measures of one code."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from divecast.metrics.latents.dci import importances, measured_specialisation
from divecast.metrics.latents.information import information_draws
from divecast.metrics.latents.measured import Estimate, Measured, bootstrapped, percentile
from divecast.metrics.latents.mig import gaps, own_gaps
from divecast.metrics.latents.modularity import modularities, weighted_modularity
from divecast.metrics.latents.probes import chance_levels, leakage_a, leakage_b, ownership
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.sap import separations
from divecast.metrics.latents.settings import MeasureConfig
from divecast.metrics.latents.units import FactorLabels, Floats, Units


@dataclass(frozen=True, eq=False, slots=True)
class Disentanglement:
    """Measures of a code, each overall and by part, with intervals.

    All but ``own_gap`` and the skills lie between 0 and 1, and 1 is a perfect code, or for leakage a full leak. What
    cannot be said (modularity with one factor, ownership where no factor owns a unit) is NaN.

    Attributes:
        units: names.
        factors: names.
        n_windows: windows measured.
        chance: share of the commonest class of each factor, to hold accuracies against.
        information: (unit, factor) mutual information, nats.
        importance: (unit, factor) share of each unit in reading the factor from the whole code.
        mig: mutual information gap, by factor.
        own_gap: gap of each factor's own unit to the best other, by factor; below 0 where another knows it better.
        modularity: by unit, the plain mean over the units; units that know next to nothing make it noisy.
        weighted_modularity: the same with units weighted by what they know; overall only.
        disentanglement: the D of DCI, by unit.
        completeness: the C of DCI, by factor.
        informativeness: the I of DCI, accuracy on held-out windows from the whole code, by factor.
        sap: separated attribute predictability, by factor.
        ownership: accuracy from the factor's own unit, by factor.
        ownership_skill: the same, where 0 is chance and 1 all right.
        leakage_a: accuracy from all units that no factor owns, by factor.
        leakage_a_skill: the same, where 0 is chance.
        leakage_b: accuracy from the units of other factors, by pair, as "hour from b_weekday".
        leakage_b_skill: the same, where 0 is chance.
    """

    units: tuple[str, ...]
    factors: tuple[str, ...]
    n_windows: int
    chance: dict[str, float]
    information: Floats
    importance: Floats
    mig: Measured
    own_gap: Measured
    modularity: Measured
    weighted_modularity: Measured
    disentanglement: Measured
    completeness: Measured
    informativeness: Measured
    sap: Measured
    ownership: Measured
    ownership_skill: Measured
    leakage_a: Measured
    leakage_a_skill: Measured
    leakage_b: Measured
    leakage_b_skill: Measured

    def summary(self) -> dict[str, Estimate]:
        """Return every measure overall, by name."""
        return {name: measure.overall for name, measure in self._measures().items()}

    def table(self) -> dict[str, NDArray[np.generic]]:
        """Return columns of a frame: ``measure``, ``part`` ("all" for the whole), ``value``, ``low``, ``high``."""
        rows = [
            (name, part, *estimate)
            for name, measure in self._measures().items()
            for part, estimate in {"all": measure.overall, **measure.parts}.items()
        ]
        measure, part, *numbers = zip(*rows, strict=True)
        names = {"measure": np.array(measure, dtype=object), "part": np.array(part, dtype=object)}
        return names | {key: np.array(column) for key, column in zip(Estimate._fields, numbers, strict=True)}

    def _measures(self) -> dict[str, Measured]:
        found = {part.name: getattr(self, part.name) for part in fields(self)}
        return {name: measure for name, measure in found.items() if isinstance(measure, Measured)}


def disentanglement(
    units: Units, labels: FactorLabels, config: MeasureConfig | None = None, groups: ArrayLike | None = None
) -> Disentanglement:
    """Measure how well a code keeps factors apart, from observed windows.

    Args:
        units: the code, its windows in the order of time.
        labels: of the same windows; a window without a label is left out for that factor.
        config: estimators, subset, folds and bootstrap.
        groups: (window,) names of what the windows come from, such as recordings or people, to hold out and resample
            as a whole; runs of windows where None.

    Raises:
        DataError: units, labels and groups do not fit together, there are too few windows or groups, or a factor has
            fewer than two classes among the windows.
        ConfigError: scipy or scikit-learn is not installed.
    """
    sample = Sample.of(units, labels, groups, config or MeasureConfig())
    names, factors, level = sample.units.names, sample.labels.factors, sample.config.level
    owned = [(unit, factors.index(o)) for unit, o in enumerate(sample.units.owners) if o is not None]
    information, entropies = information_draws(sample)
    importance, informativeness = importances(sample)
    own, free, crossed = ownership(sample), leakage_a(sample), leakage_b(sample)
    return Disentanglement(
        units=names,
        factors=factors,
        n_windows=len(sample.labels.values),
        chance=chance_levels(sample),
        information=information[0],
        importance=importance.mean(axis=0),
        mig=bootstrapped(factors, gaps(information, entropies), level),
        own_gap=bootstrapped([factors[i] for _, i in owned], own_gaps(information, entropies, owned), level),
        modularity=bootstrapped(names, modularities(information), level),
        weighted_modularity=Measured(percentile(weighted_modularity(information), level), {}),
        disentanglement=measured_specialisation(importance, names, level),
        completeness=measured_specialisation(importance.swapaxes(1, 2), factors, level),
        informativeness=informativeness,
        sap=bootstrapped(factors, separations(sample), level),
        ownership=own.accuracy,
        ownership_skill=own.skill,
        leakage_a=free.accuracy,
        leakage_a_skill=free.skill,
        leakage_b=crossed.accuracy,
        leakage_b_skill=crossed.skill,
    )
