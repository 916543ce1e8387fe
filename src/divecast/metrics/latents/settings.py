"""Settings of the measures of a code."""

from dataclasses import dataclass
from typing import Literal

from divecast.errors import ConfigError


@dataclass(frozen=True, slots=True)
class MeasureConfig:
    """Settings of ``disentanglement``.

    Attributes:
        estimator: estimator of mutual information: ``neighbours`` (Ross 2014) for units of any dimension, ``bins`` for
            units of one dimension.
        n_neighbours: k of ``neighbours``.
        n_bins: number of bins of equal width of ``bins``; 20 in Locatello et al. (2019).
        max_windows: maximum number of windows; of more, a random subset is measured.
        n_blocks: number of runs of windows that are held out and resampled as a whole, if there are no groups.
        n_folds: number of parts held out in turn.
        gap: windows on each side of a held-out run that are not trained on. Use the number of windows that overlap (the
            look-back, for windows one row apart), else slowly changing factors seem to leak. Not used with groups.
        n_boot: bootstrap draws; 0 for no intervals.
        level: level of the intervals.
        n_trees: trees of the forests of DCI and of the probes.
        seed: random seed.

    Example:
        >>> MeasureConfig(gap=168).n_folds
        5
    """

    estimator: Literal["neighbours", "bins"] = "neighbours"
    n_neighbours: int = 3
    n_bins: int = 20
    max_windows: int = 3000
    n_blocks: int = 50
    n_folds: int = 5
    gap: int = 0
    n_boot: int = 200
    level: float = 0.95
    n_trees: int = 15
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings (ConfigError)."""
        if self.estimator not in ("neighbours", "bins"):
            found = repr(self.estimator)
            raise ConfigError('estimator must be "neighbours" or "bins"', found=found, argument="estimator")
        least = {"n_neighbours": 1, "n_bins": 2, "max_windows": 20, "n_blocks": 2, "n_folds": 2}
        for name, low in {**least, "gap": 0, "n_boot": 0, "n_trees": 1, "seed": 0}.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < low:
                raise ConfigError(f"{name} must be a whole number >= {low}", found=repr(value), argument=name)
        if not 0.0 < self.level < 1.0:
            raise ConfigError("level must be between 0 and 1, such as 0.95", found=repr(self.level), argument="level")
