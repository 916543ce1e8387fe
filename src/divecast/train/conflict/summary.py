"""The summary of a probe: how often and how strongly the losses of a fit conflict."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, to_frame
from divecast.data.tables.frames import default_backend
from divecast.train.conflict.look import Look, Place, View

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cosines:
    """Statistics of cosines between gradients; NaN if there are none.

    Attributes:
        n: number of cosines.
        negative: share below 0.
        median: their median.
    """

    n: int
    negative: float
    median: float

    @classmethod
    def of(cls, values: Floats) -> "Cosines":
        """Summarise cosines, without those of a zero gradient."""
        kept = values[np.isfinite(values)]
        return cls(len(kept), _mean(kept < 0), _median(kept))


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of small gradient steps on one loss on another loss.

    Attributes:
        harmful: share of steps after which the other loss is larger.
        change: median change of the other loss, relative to the decrease by a step of the same relative length along
            its own gradient: -1 is as good as such a step, 1 undoes one.
    """

    harmful: float
    change: float


@dataclass(frozen=True, slots=True)
class PairConflict:
    """The conflict of two losses in one module.

    Attributes:
        first: name of a loss.
        second: name of another loss.
        module: name of the module, or ``whole`` for all modules that both losses move.
        view: ``as trained`` or ``unfrozen``.
        same: cosines between the two on the same windows with the same noise.
        across: cosines between the two on different halves of a batch, as noisy as the null.
        null_first: cosines of the first loss between the halves: the effect of noise alone.
        null_second: the same for the second loss.
        similarity: median of 2|g1||g2| / (|g1|^2 + |g2|^2), same windows and noise.
        forth: effect of a step on the first loss on the second.
        back: effect of a step on the second loss on the first.
    """

    first: str
    second: str
    module: str
    view: View
    same: Cosines
    across: Cosines
    null_first: Cosines
    null_second: Cosines
    similarity: float
    forth: Effect
    back: Effect

    @property
    def null(self) -> float:
        """Share of negative cosines due to noise alone, mean of the two losses."""
        return (self.null_first.negative + self.null_second.negative) / 2.0

    @property
    def corrected(self) -> float:
        """Cosine between the gradients without their noise: Spearman's (1904) correction for attenuation, of medians.

        NaN if a null is not positive; may exceed 1 by chance.
        """
        nulls = self.null_first.median, self.null_second.median
        return self.across.median / float(np.sqrt(nulls[0] * nulls[1])) if min(nulls) > 0 else float("nan")


@dataclass(frozen=True, slots=True)
class ConflictSummary:
    """The conflicts that a probe measured; ``str`` gives a table of them.

    Attributes:
        pairs: one per pair of losses and module.
        looks: number of measurements.
        seconds: time they took.

    Example:
        >>> from divecast.train.conflict.probe import ConflictProbe
        >>> ConflictProbe().summary().pairs
        ()
    """

    pairs: tuple[PairConflict, ...]
    looks: int
    seconds: float

    def pair(self, first: str, second: str, module: str, view: View) -> PairConflict | None:
        """Return the conflict of two losses in a module, in either order; None if they do not meet there."""
        key = {first, second}, module, view
        return next((p for p in self.pairs if ({p.first, p.second}, p.module, p.view) == key), None)

    def table(self) -> dict[str, NDArray[Any]]:
        """Return the columns of ``frame``."""
        rows = [_row(pair) for pair in self.pairs]
        return {name: np.array([row[name] for row in rows]) for name in (rows[0] if rows else ())}

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return a table with one row per pair of losses and module.

        Args:
            backend: kind of table; pandas by default, then polars, then pyarrow, whichever is installed.
        """
        return to_frame(self.table(), backend or default_backend())

    def __str__(self) -> str:
        """Return one line per pair: share of negative cosines across halves, of the null, and median on one half."""
        head = f"{'losses':32}{'module':18}{'view':12}{'negative':>9}{'null':>7}{'median':>8}{'similar':>8}"
        lines = [
            f"{f'{p.first}, {p.second}':32}{p.module:18}{p.view:12}{p.across.negative:9.2f}{p.null:7.2f}"
            f"{p.same.median:8.2f}{p.similarity:8.2f}"
            for p in self.pairs
        ]
        return "\n".join([head, *lines])


def summarise_looks(looks: Sequence[Look], seconds: float) -> ConflictSummary:
    """Return the summary of the measurements of one fit."""
    if not looks:
        return ConflictSummary((), 0, seconds)
    gram, effects = np.stack([look.gram for look in looks]), np.stack([look.effects for look in looks])
    pairs = []
    for at, place in enumerate(looks[0].places):
        for i, j in combinations(range(len(looks[0].losses)), 2):
            if place.module == "whole" or (place.moves[i] & place.moves[j]).any():
                names = looks[0].losses[i], looks[0].losses[j]
                pairs.append(
                    _pair(names, place, _Angles.of(gram, place, i, j), effects[:, at][:, [i, j]][:, :, [i, j]])
                )
    return ConflictSummary(tuple(pairs), len(looks), seconds)


@dataclass(frozen=True, eq=False, slots=True)
class _Angles:
    """Inner products of two losses' gradients over the modules both move, (look, half x loss, half x loss)."""

    gram: Floats

    @classmethod
    def of(cls, gram: Floats, place: Place, i: int, j: int) -> "_Angles":
        n_losses = gram.shape[2] // 2
        rows = [i, j, n_losses + i, n_losses + j]
        both = place.moves[i] & place.moves[j]
        return cls(gram[:, both][:, :, rows][:, :, :, rows].sum(1))

    def cosine(self, row: int, column: int) -> Floats:
        norms = np.sqrt(self.gram[:, row, row] * self.gram[:, column, column])
        return _divided(self.gram[:, row, column], norms)

    def cosines(self, *pairs: tuple[int, int]) -> Cosines:
        return Cosines.of(np.concatenate([self.cosine(row, column) for row, column in pairs]))

    def similarity(self) -> float:
        squares = [(self.gram[:, at, at], self.gram[:, at + 1, at + 1]) for at in (0, 2)]
        return _median(np.concatenate([_divided(2.0 * np.sqrt(a * b), a + b) for a, b in squares]))


def _pair(names: tuple[str, str], place: Place, angles: _Angles, effects: Floats) -> PairConflict:
    return PairConflict(
        *names, place.module, place.view,
        same=angles.cosines((0, 1), (2, 3)),
        across=angles.cosines((0, 3), (1, 2)),
        null_first=angles.cosines((0, 2)),
        null_second=angles.cosines((1, 3)),
        similarity=angles.similarity(),
        forth=_effect(effects[:, 0, 1], effects[:, 1, 1]),
        back=_effect(effects[:, 1, 0], effects[:, 0, 0]),
    )  # fmt: skip


def _effect(change: Floats, own: Floats) -> Effect:
    return Effect(_mean(change[np.isfinite(change)] > 0), _median(_divided(change, np.abs(own))))


def _row(pair: PairConflict) -> dict[str, str | float]:
    cosines = [(name, getattr(pair, name)) for name in ("same", "across", "null_first", "null_second")]
    return {
        "first": pair.first, "second": pair.second, "module": pair.module, "view": pair.view,
        **{f"{name}_{part}": value for name, statistics in cosines for part, value in _parts(statistics)},
        "null_negative": pair.null, "corrected": pair.corrected, "similarity": pair.similarity,
        **{f"{name}_{part}": value for name in ("forth", "back") for part, value in _parts(getattr(pair, name))},
    }  # fmt: skip


def _parts(statistics: Cosines | Effect) -> Iterator[tuple[str, float]]:
    for name in statistics.__slots__:
        yield str(name), getattr(statistics, name)


def _divided(top: Floats, bottom: Floats) -> Floats:
    return np.divide(top, bottom, where=bottom > 0, out=np.full(top.shape, np.nan))


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _median(values: Floats) -> float:
    kept = values[np.isfinite(values)]
    return float(np.median(kept)) if len(kept) else float("nan")
