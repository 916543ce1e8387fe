"""Codes of windows."""

from dataclasses import dataclass
from typing import Any

from divecast._optional import Plottable
from divecast.data import Backend
from divecast.inference.results.columns import Columns, Floats, merged
from divecast.inference.results.keys import Keys


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Codes(Plottable):
    """Codes of windows: a, b and class probabilities, inferred from the windows.

    Attributes:
        keys: the windows, with the time of their last row.
        factors: names of the factors.
        classes: class names of each factor.
        a_mean: (window, conditional) mean of q(a|x,b).
        a_sd: (window, conditional) standard deviation of q(a|x,b).
        b_mean: for each factor the mean of q(b|x), (window, dimension of its block).
        b_sd: for each factor the standard deviation of q(b|x), (window, dimension of its block).
        probabilities: for each factor the class probabilities at the mean code, (window, class).
        attention: (window, head, factor) weight of each factor's token in the fusion. The weights of cross-attention
            sum to 1 over the factors; concatenation has no heads.

    Example:
        >>> codes = model.encode(panel, part="test")
        >>> codes.factors, codes.a_mean.shape == codes.a_sd.shape
        (('hour', 'weekday'), True)
    """

    keys: Keys
    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    a_mean: Floats
    a_sd: Floats
    b_mean: tuple[Floats, ...]
    b_sd: tuple[Floats, ...]
    probabilities: tuple[Floats, ...]
    attention: Floats

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return the codes as a table, one row per window.

        Columns: ``end`` (time of the last row), ``a0_mean, a0_sd, ...``, ``b_hour0_mean, b_hour0_sd, ...``,
        ``p_hour_00, ...`` and ``attention_hour, ...`` (mean over the heads).

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Raises:
            ConfigError: two columns would have the same name.

        Example:
            >>> list(model.encode(panel, part="test").frame(backend="pandas").columns[:3])
            ['end', 'a0_mean', 'a0_sd']
        """
        columns = {**self.keys.columns("end", 0), **_moments("a", self.a_mean, self.a_sd)}
        for name, mean, sd in zip(self.factors, self.b_mean, self.b_sd, strict=True):
            columns = merged(columns, _moments(f"b_{name}", mean, sd))
        for name, classes, shares in zip(self.factors, self.classes, self.probabilities, strict=True):
            shown = {f"p_{name}_{label}": share for label, share in zip(classes, shares.T, strict=True)}
            columns = merged(columns, shown)
        if self.attention.shape[1]:
            weights = self.attention.mean(axis=1).T
            columns |= {f"attention_{name}": weight for name, weight in zip(self.factors, weights, strict=True)}
        return self.keys.frame(columns, backend)


def _moments(prefix: str, mean: Floats, sd: Floats) -> Columns:
    columns: Columns = {}
    for dim in range(mean.shape[1]):
        columns |= {f"{prefix}{dim}_mean": mean[:, dim], f"{prefix}{dim}_sd": sd[:, dim]}
    return columns
