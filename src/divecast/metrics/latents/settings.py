"""How the measures of a code are estimated."""

from dataclasses import dataclass
from typing import Literal

from divecast.errors import ConfigError


@dataclass(frozen=True, slots=True)
class MeasureConfig:
    """Settings of ``disentanglement``.

    Attributes:
        estimator: of mutual information; ``neighbours`` (Ross 2014) takes whole blocks, ``bins`` one dimension only.
        n_neighbours: k of ``neighbours``.
        n_bins: bins of equal width of ``bins``; 20 in Locatello et al. (2019).
        max_windows: a seeded random subset of so many windows is measured where there are more.
        n_blocks: runs of windows that are held out and resampled as a whole, where no groups are given.
        n_folds: parts of the windows held out in turn.
        gap: windows on each side of a held-out run that are not trained on. Give it as many as overlap (the look-back,
            for windows one row apart), or a factor that changes slowly seems to leak; with groups it is not needed.
        n_boot: bootstrap draws; 0 gives no intervals.
        level: share of the intervals.
        n_trees: of the forests behind DCI and the probes.
        seed: of every random draw.
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
        """Check ranges."""
        if self.estimator not in ("neighbours", "bins"):
            raise ConfigError(f'estimator must be "neighbours" or "bins", got {self.estimator!r}')
        least = {"n_neighbours": 1, "n_bins": 2, "max_windows": 20, "n_blocks": 2, "n_folds": 2}
        for name, low in {**least, "gap": 0, "n_boot": 0, "n_trees": 1, "seed": 0}.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < low:
                raise ConfigError(f"{name} must be a whole number >= {low}, got {value!r}")
        if not 0.0 < self.level < 1.0:
            raise ConfigError(f"level must lie between 0 and 1, such as 0.95, got {self.level!r}")
