"""All measures of one code."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from divecast.data import Backend, to_frame
from divecast.data.tables.frames import default_backend
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
    """The measures of a code, each overall and by part, with intervals.

    All but ``own_gap`` and the skills are between 0 and 1; 1 is a perfect code, or for leakage full leakage. Undefined
    measures (modularity with one factor, ownership if no factor owns a unit) are NaN.

    Attributes:
        units: names of the units.
        factors: names of the factors.
        n_windows: number of windows.
        chance: share of the most frequent class of each factor, the accuracy of a constant prediction.
        information: (unit, factor) mutual information, nats.
        importance: (unit, factor) share of each unit in predicting the factor from the whole code.
        mig: mutual information gap, by factor.
        own_gap: gap between each factor's own unit and the best other unit, by factor; below 0 if that one is better.
        modularity: by unit, and the mean over the units; noisy if some units have little information.
        weighted_modularity: the same with units weighted by their information; overall only.
        disentanglement: the D of DCI, by unit.
        completeness: the C of DCI, by factor.
        informativeness: the I of DCI, held-out accuracy from the whole code, by factor.
        sap: separated attribute predictability, by factor.
        ownership: accuracy from the factor's own unit, by factor.
        ownership_skill: the same, scaled such that 0 is chance and 1 is perfect.
        leakage_a: accuracy from all units that no factor owns, by factor.
        leakage_a_skill: the same, scaled such that 0 is chance.
        leakage_b: accuracy from the units of other factors, by pair, as "hour from b_weekday".
        leakage_b_skill: the same, scaled such that 0 is chance.

    Example:
        >>> codes = model.encode(panel, part="test")
        >>> units = Units.of_code(codes.a_mean, dict(zip(codes.factors, codes.b_mean)))
        >>> units.names[-1]
        'b_weekday'
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
        """Return every measure of the whole code, by name.

        Example:
            >>> rng, hour = np.random.default_rng(0), np.arange(200) % 2
            >>> units = Units.of_code(rng.normal(size=(200, 1)), {"hour": hour[:, None] + rng.normal(size=(200, 1))})
            >>> labels = FactorLabels(("hour",), (("0", "1"),), hour[:, None])
            >>> result = disentanglement(units, labels, MeasureConfig(n_folds=2, n_boot=0))
            >>> list(result.summary())[:2]
            ['mig', 'own_gap']
        """
        return {name: measure.overall for name, measure in self._measures().items()}

    def table(self) -> dict[str, NDArray[np.generic]]:
        """Return the columns of ``frame``.

        Example:
            >>> rng, hour = np.random.default_rng(0), np.arange(200) % 2
            >>> units = Units.of_code(rng.normal(size=(200, 1)), {"hour": hour[:, None] + rng.normal(size=(200, 1))})
            >>> labels = FactorLabels(("hour",), (("0", "1"),), hour[:, None])
            >>> result = disentanglement(units, labels, MeasureConfig(n_folds=2, n_boot=0))
            >>> list(result.table())
            ['measure', 'part', 'value', 'low', 'high']
        """
        rows = [
            (name, part, *estimate)
            for name, measure in self._measures().items()
            for part, estimate in {"all": measure.overall, **measure.parts}.items()
        ]
        measure, part, *numbers = zip(*rows, strict=True)
        names = {"measure": np.array(measure, dtype=object), "part": np.array(part, dtype=object)}
        return names | {key: np.array(column) for key, column in zip(Estimate._fields, numbers, strict=True)}

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return a table with columns ``measure``, ``part`` ("all" for the whole code), ``value``, ``low``, ``high``.

        Args:
            backend: kind of table; by default pandas, polars or pyarrow, the first that is installed.

        Example:
            >>> rng, hour = np.random.default_rng(0), np.arange(200) % 2
            >>> units = Units.of_code(rng.normal(size=(200, 1)), {"hour": hour[:, None] + rng.normal(size=(200, 1))})
            >>> labels = FactorLabels(("hour",), (("0", "1"),), hour[:, None])
            >>> result = disentanglement(units, labels, MeasureConfig(n_folds=2, n_boot=0))
            >>> result.frame(backend="pyarrow").column_names
            ['measure', 'part', 'value', 'low', 'high']
        """
        return to_frame(self.table(), backend or default_backend())

    def _measures(self) -> dict[str, Measured]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: measure for name, measure in values.items() if isinstance(measure, Measured)}


def disentanglement(
    units: Units, labels: FactorLabels, config: MeasureConfig | None = None, groups: ArrayLike | None = None
) -> Disentanglement:
    """Measure how well a code separates factors, from observed windows.

    Args:
        units: the code, with windows in time order.
        labels: labels of the same windows; a window without a label is left out for that factor.
        config: estimators, subset, folds and bootstrap.
        groups: (window,) names of groups, such as recordings or people, that are held out and resampled as a whole;
            None for runs of windows.

    Raises:
        DataError: units, labels and groups do not fit together, there are too few windows or groups, or a factor has
            fewer than two classes among the windows.
        ConfigError: scipy or scikit-learn is not installed.

    Example:
        >>> rng, hour = np.random.default_rng(0), np.arange(400) % 4
        >>> units = Units.of_code(rng.normal(size=(400, 1)), {"hour": hour[:, None] + 0.1 * rng.normal(size=(400, 1))})
        >>> labels = FactorLabels(("hour",), (("0", "1", "2", "3"),), hour[:, None])
        >>> result = disentanglement(units, labels, MeasureConfig(n_boot=0))
        >>> result.ownership.value > 0.95, result.leakage_a.value < 0.5
        (True, True)
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
