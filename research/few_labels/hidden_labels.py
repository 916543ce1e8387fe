"""A case with most of its labels hidden, to see what is learned from few."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast.data import (
    Calendar,
    Factor,
    Label,
    Panel,
    Part,
    Recordings,
    Vocabulary,
    Windows,
    WindowShape,
    encode_labels,
    fit_scale,
    fit_vocabularies,
    split,
)
from divecast.errors import ConfigError
from research.paper.cases import Case

Codes = NDArray[np.int64]
Unit = Literal["window", "factor"]
Pattern = Literal["random", "blocks"]
Mask = NDArray[np.bool_]

SPAN = 24
"""Rows of a panel that are labelled or not as one, where labels are missing in blocks."""


@dataclass(frozen=True, slots=True)
class Hiding:
    """Which labels are left.

    Attributes:
        share: of the training windows, and of the validation windows, that keep labels.
        unit: a ``window`` has the labels of all factors or none; or each ``factor`` has windows of its own.
        pattern: windows are chosen at ``random``, or in ``blocks``: spans of ``SPAN`` rows of a panel, whole
            recordings.
        seed: of the choice.

    Raises:
        ConfigError: a setting is out of range.
    """

    share: float
    unit: Unit = "window"
    pattern: Pattern = "random"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the settings."""
        if not 0.0 < self.share <= 1.0:
            raise ConfigError(f"share must lie above 0 and be 1 at most, got {self.share!r}")
        if self.unit not in ("window", "factor"):
            raise ConfigError(f'unit must be "window" or "factor", got {self.unit!r}')
        if self.pattern not in ("random", "blocks"):
            raise ConfigError(f'pattern must be "random" or "blocks", got {self.pattern!r}')


def hide_labels(case: Case, hiding: Hiding) -> Case:
    """Return the case with labels hidden in training and validation part.

    A window has the label of its last row, so the label of every row that is the last of no chosen window is hidden.
    The test part keeps its labels: no fit sees them, and scores need them. Calendar factors become label columns, as
    they would otherwise be known by the clock.

    Of the training windows those are taken first that show a class not seen yet, in random order, since a fit refuses a
    class without a label; so the share that is left may be above the one asked for where that is tiny.

    Args:
        case: with all labels.
        hiding: what to hide.

    Raises:
        DataError: a factor is absent or has a single class.
    """
    parts = split(case.data, case.split)
    vocabularies = fit_vocabularies(case.data, case.factors, parts.train)
    kept = _kept_rows(case, vocabularies, hiding)
    columns = {
        factor.name: _column(case.data, factor, vocabulary, kept[:, at])
        for at, (factor, vocabulary) in enumerate(zip(case.factors, vocabularies, strict=True))
    }
    factors = tuple(_as_label(factor, known) for factor, known in zip(case.factors, vocabularies, strict=True))
    return replace(case, data=_with_labels(case.data, columns), factors=factors)


def labelled_shares(case: Case) -> dict[str, float]:
    """Return the share of the training windows that have a label, by factor."""
    vocabularies = fit_vocabularies(case.data, case.factors, split(case.data, case.split).train)
    train = _windows(case, encode_labels(case.data, case.factors, vocabularies))[0]
    known = train.labels[train.origins - 1] >= 0
    return {factor.name: float(share) for factor, share in zip(case.factors, known.mean(axis=0), strict=True)}


def _kept_rows(case: Case, vocabularies: Sequence[Vocabulary], hiding: Hiding) -> Mask:
    """(row, factor) whose label is left."""
    codes = encode_labels(case.data, case.factors, vocabularies)
    kept = np.ones(codes.shape, dtype=np.bool_)
    if hiding.share == 1.0:
        return kept
    parts = split(case.data, case.split)
    kept[np.concatenate([parts.train.rows(), parts.valid.rows()])] = False
    columns = [slice(None)] if hiding.unit == "window" else [slice(at, at + 1) for at in range(codes.shape[1])]
    for number, windows in enumerate(_windows(case, codes)):
        rows = windows.origins - 1
        units = _units(windows, hiding)
        for at, column in enumerate(columns):
            draw = np.random.default_rng([hiding.seed, number, at])
            cover = number == 0  # the training part
            kept[rows[_chosen(codes[rows, column].astype(np.int64), units, (hiding.share, cover), draw)], column] = True
    return kept


def _windows(case: Case, codes: NDArray[np.int16]) -> tuple[Windows, Windows]:
    """Return the windows a fit learns from and stops by."""
    parts, training = split(case.data, case.split), case.settings.training
    shape, scale = WindowShape(case.lookback, case.horizon), fit_scale(case.data, parts.train)

    def of(part: Part, role: Literal["fit", "score"]) -> Windows:
        return Windows.of(case.data, part, codes, scale, shape, role, training.stride)

    return of(parts.train, "fit"), of(parts.valid, "score")


def _units(windows: Windows, hiding: Hiding) -> Codes:
    """(window,) what is chosen as one."""
    if hiding.pattern == "random":
        return np.arange(len(windows))
    spans = windows.segments if windows.source.clock is None else (windows.origins - 1) // SPAN
    return np.unique(spans, return_inverse=True)[1]


def _chosen(labels: Codes, units: Codes, asked: tuple[float, bool], draw: np.random.Generator) -> Mask:
    """(window,) which windows keep their labels: whole units, first those that show a class not seen yet."""
    share, cover = asked
    members = np.split(np.argsort(units, kind="stable"), np.cumsum(np.bincount(units))[:-1])
    order = [members[unit] for unit in draw.permutation(len(members))]
    seen: set[tuple[int, int]] = set()
    chosen = np.zeros(len(labels), dtype=np.bool_)
    for windows in order if cover else ():
        classes = {(at, int(c)) for at, column in enumerate(labels[windows].T) for c in np.unique(column[column >= 0])}
        chosen[windows] = bool(classes - seen)
        seen |= classes
    for windows in order:
        if chosen.any() and chosen.sum() + len(windows) / 2 > share * len(labels):
            break
        chosen[windows] = True
    return chosen


def _column(data: Panel | Recordings, factor: Factor, vocabulary: Vocabulary, kept: Mask) -> NDArray[Any]:
    if isinstance(factor, Label):
        column = data.label_column(factor.name)
    else:
        codes = encode_labels(data, (factor,), (vocabulary,))[:, 0]
        column = np.array([*vocabulary.classes, None], dtype=object)[codes]
    hidden: NDArray[Any] = column.copy()
    hidden[~kept] = np.nan if column.dtype.kind == "f" else None
    return hidden


def _as_label(factor: Factor, vocabulary: Vocabulary) -> Label:
    if isinstance(factor, Calendar):
        return Label(factor.name, factor.kind, order=None if factor.kind == "plain" else vocabulary.classes)
    return factor


def _with_labels(data: Panel | Recordings, columns: dict[str, NDArray[Any]]) -> Panel | Recordings:
    if isinstance(data, Panel):
        return replace(data, labels={**data.labels, **columns})
    whole = {name: column for name, column in data.labels.items() if name not in columns}
    return replace(data, labels=whole, row_labels={**data.row_labels, **columns})
