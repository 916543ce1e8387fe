"""The code of every window, as a result."""

from dataclasses import dataclass
from typing import Any

from divecast._optional import Plottable
from divecast.data import Backend, to_frame
from divecast.inference.results.columns import Columns, Floats, merged
from divecast.inference.results.keys import Keys


@dataclass(frozen=True, eq=False, slots=True)
class Codes(Plottable):
    """The code of every window, as inferred from the window alone.

    Attributes:
        keys: windows, keyed by their last observation.
        factors: names of the factors.
        classes: class names of each factor.
        a_mean: (window, conditional).
        a_sd: (window, conditional).
        b_mean: for each factor, (window, dim of its block).
        b_sd: for each factor, (window, dim of its block).
        probabilities: for each factor the class probabilities at the mean code, (window, class).
        attention: (window, head, factor) weight of each factor's token in the fusion; cross-attention's sum to 1 over
            the factors, and concatenation has no heads.
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
        """Return a row per window: ``end`` (time of its last observation), then for every dimension mean and sd.

        Columns are ``a0_mean, a0_sd, ...``, ``b_hour0_mean, b_hour0_sd, ...``, ``p_hour_00, ...``, and
        ``attention_hour, ...``, the mean over the heads.
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
        return to_frame(columns, backend or self.keys.backend)


def _moments(prefix: str, mean: Floats, sd: Floats) -> Columns:
    columns: Columns = {}
    for dim in range(mean.shape[1]):
        columns |= {f"{prefix}{dim}_mean": mean[:, dim], f"{prefix}{dim}_sd": sd[:, dim]}
    return columns
