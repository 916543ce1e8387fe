"""The folds of a backtest: the rows that each fit may use, and those it is scored on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divecast.data import ByGroup, ByRecording, ByTime, Panel, Source, Split
from divecast.data.parts import kind_of_unit, recording_units
from divecast.errors import ConfigError, DataError

_LISTED = 4  # names in the name of a fold
_INVERSE_TEST_SHARE = 5  # all test parts together are a fifth of the rows, as in the default split of a fit


@dataclass(frozen=True, slots=True)
class Fold:
    """One fit of a backtest.

    Attributes:
        name: local time of the first target, or names of the test recordings or groups.
        split: split of the rows before ``stop`` into training, validation and test part.
        stop: first row of a panel that the fit may not use; None for recordings.
    """

    name: str
    split: Split
    stop: int | None


def folds_of(source: Source, n: int, span: int | None = None, split: ByTime | ByRecording | None = None) -> list[Fold]:
    """Return the folds of a source; every row, recording or group is in one test part at most.

    The last ``n * span`` rows of a panel are ``n`` test parts, and each is forecast by a model of all rows before it.
    Recordings are distributed over ``n`` test parts at random; the next part validates, the others train.

    Args:
        source: panel or recordings.
        n: number of folds.
        span: rows of each test part of a panel; by default all test parts together are the last fifth of the rows.
        split: ``ByTime``: shares of training and validation part in the rows before a test part. ``ByRecording``:
            label whose groups are kept whole, and random seed.

    Raises:
        ConfigError: the split or span does not suit the data.
        DataError: there are too few rows, recordings or groups.
    """
    if isinstance(source, Panel):
        if split is not None and not isinstance(split, ByTime):
            raise ConfigError("A panel is split by time", expected="ByTime", found=repr(split), argument="split")
        return _forward(source, n, span, split or ByTime())
    if not isinstance(split, ByRecording | None):
        expected = "ByRecording"
        raise ConfigError("Recordings are split as a whole", expected=expected, found=repr(split), argument="split")
    if span is not None:
        raise ConfigError(
            f"{span=} is for panels, and the data are recordings", hint="Leave {span} out", argument="span"
        )
    return _by_recording(source, n, split or ByRecording())


def _forward(panel: Panel, n: int, span: int | None, split: ByTime) -> list[Fold]:
    rows = len(panel.values)
    span = max(1, rows // (_INVERSE_TEST_SHARE * n)) if span is None else span
    first = rows - n * span
    valid = round(first * split.valid / (split.train + split.valid))
    if min(valid, first - valid) < 1:
        raise DataError(
            f"{n} test parts of {span} rows leave too few of {rows} rows to fit on",
            hint="Use fewer {folds}, a shorter {span} or more data",
            argument="folds",
        )
    folds = []
    for start in range(first, rows, span):
        valid = round(start * split.valid / (split.train + split.valid))
        name = np.datetime_as_string(panel.clock.local(np.array([start])), unit="m")[0]
        folds.append(Fold(str(name), ByTime(start - valid, valid, span), start + span))
    return folds


def _by_recording(source: Source, n: int, split: ByRecording) -> list[Fold]:
    _, names = recording_units(source, split.group)
    if not 3 <= n <= len(names):
        expected = f"3 to {len(names)} folds, the number of {kind_of_unit(split.group)}"
        raise DataError(expected=expected, found=str(n), argument="folds")
    order = np.random.default_rng(split.seed).permutation(len(names))
    parts = [tuple(names[i] for i in sorted(part)) for part in np.array_split(order, n)]
    return [
        Fold(_listed(test), ByGroup(split.group, valid=parts[(i + 1) % n], test=test), None)
        for i, test in enumerate(parts)
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= _LISTED else f"{', '.join(names[:_LISTED])} ... ({len(names)})"
