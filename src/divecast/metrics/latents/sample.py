"""The windows that are measured, and how they are held out and resampled."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from divecast.errors import DataError
from divecast.metrics.latents.blocks import Blocks, Folds
from divecast.metrics.latents.settings import MeasureConfig
from divecast.metrics.latents.units import FactorLabels, Floats, Units

_MIN_WINDOWS = 20


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """The input of a measure.

    Attributes:
        units: units of the windows.
        labels: labels of the same windows.
        blocks: windows that stay together.
        folds: windows that are held out in turn.
        draws: (1 + n_boot, block) weight of each block; the first row is the data themselves.
        config: settings.
    """

    units: Units
    labels: FactorLabels
    blocks: Blocks
    folds: Folds
    draws: Floats
    config: MeasureConfig

    @classmethod
    def of(cls, units: Units, labels: FactorLabels, groups: ArrayLike | None, config: MeasureConfig) -> Self:
        """Take the labelled windows, or a random subset if there are too many, and split them into folds.

        Raises:
            DataError: units, labels and groups do not fit together, or there are too few windows, classes or groups.
        """
        n_windows = len(units.values[0])
        if len(labels.values) != n_windows:
            expected = f"labels of {n_windows} windows, as the units have"
            raise DataError(expected=expected, found=str(len(labels.values)), argument="labels")
        unknown = [owner for owner in units.owners if owner is not None and owner not in labels.factors]
        if unknown:
            expected = f"units owned by the factors {labels.factors}"
            raise DataError(expected=expected, found=f"units owned by {unknown}", argument="units")
        rng = np.random.default_rng(config.seed)
        rows = np.flatnonzero((labels.values >= 0).any(axis=1))
        if len(rows) < _MIN_WINDOWS:
            expected = f"at least {_MIN_WINDOWS} labelled windows"
            raise DataError(expected=expected, found=str(len(rows)), hint="Encode more windows")
        if len(rows) > config.max_windows:
            rows = np.sort(rng.choice(rows, config.max_windows, replace=False))
        blocks = Blocks.of(rows, n_windows, config.n_blocks, groups)
        kept = labels.take(rows)
        folds = Folds.of(blocks, kept, config.n_folds, config.gap if groups is None else 0, rng)
        return cls(units.take(rows), kept, blocks, folds, blocks.draws(config.n_boot, rng), config)
