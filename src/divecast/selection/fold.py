"""What each fit of a backtest may see, and what it is scored on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divecast.data import ByGroup, ByRecording, ByTime, Panel, Source, Split
from divecast.data.parts import kind_of_unit, recording_units
from divecast.errors import ConfigError, DataError

_NAMED = 4
_TESTED = 5  # one of so many rows, as in the split of a fit


@dataclass(frozen=True, slots=True)
class Fold:
    """One fit of a backtest.

    Attributes:
        name: time of the first target, wall time of the clock, or names of the recordings or groups that are forecast.
        split: of the rows below ``stop`` into training, validation and test part.
        stop: the rows of a panel from here on are not seen; None for recordings, which are all used.
    """

    name: str
    split: Split
    stop: int | None


def folds_of(source: Source, n: int, span: int | None = None, split: ByTime | ByRecording | None = None) -> list[Fold]:
    """Cut a source into folds; every row, recording or group is forecast at most once.

    A panel is walked forward: its last ``n * span`` rows are ``n`` test parts, and each is forecast by a model of all
    rows before it. Recordings are dealt to ``n`` test parts by chance, whole; the next part validates, the others
    train.

    Args:
        source: Panel or recordings.
        n: Folds.
        span: Rows of a test part of a panel; when left out, all parts together are the last fifth of the rows.
        split: ``ByTime``: how the rows before a test part are shared between training and validation.
            ``ByRecording``: the label whose groups are not torn apart, and the seed of the dealing.

    Raises:
        ConfigError: The split or the span does not go with the data.
        DataError: There are too few rows, recordings or groups.
    """
    if isinstance(source, Panel):
        if split is not None and not isinstance(split, ByTime):
            raise ConfigError(f"expected ByTime for a panel, which is one segment in time, got {split!r}")
        return _forward(source, n, span, split or ByTime())
    if span is not None or not isinstance(split, ByRecording | None):
        raise ConfigError(f"expected ByRecording and no span for recordings, got {split!r} and span {span!r}")
    return _dealt(source, n, split or ByRecording())


def _forward(panel: Panel, n: int, span: int | None, split: ByTime) -> list[Fold]:
    rows = len(panel.values)
    span = max(1, rows // (_TESTED * n)) if span is None else span
    first = rows - n * span
    valid = round(first * split.valid / (split.train + split.valid))
    if min(valid, first - valid) < 1:
        raise DataError(
            f"expected rows to fit on before {n} test parts of {span} rows, got {rows} rows in all; "
            "give fewer folds or a shorter span"
        )
    found = []
    for start in range(first, rows, span):
        valid = round(start * split.valid / (split.train + split.valid))
        name = np.datetime_as_string(panel.clock.local(np.array([start])), unit="m")[0]
        found.append(Fold(str(name), ByTime(start - valid, valid, span), start + span))
    return found


def _dealt(source: Source, n: int, split: ByRecording) -> list[Fold]:
    _, names = recording_units(source, split.group)
    if not 3 <= n <= len(names):
        what = kind_of_unit(split.group)
        raise DataError(f"expected 3 folds or more and no more than there are {what}, {len(names)}, got {n}")
    order = np.random.default_rng(split.seed).permutation(len(names))
    parts = [tuple(names[at] for at in sorted(part)) for part in np.array_split(order, n)]
    return [
        Fold(_listed(test), ByGroup(split.group, valid=parts[(at + 1) % n], test=test), None)
        for at, test in enumerate(parts)
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= _NAMED else f"{', '.join(names[:_NAMED])} ... ({len(names)})"
