"""Training, validation and test part of the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.names import check_known, listed
from divecast.data.source import Source, own_rows
from divecast.data.tables.label_columns import as_text, label_array, label_missing
from divecast.errors import ConfigError, DataError

Bounds = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """A range of rows in every segment.

    Attributes:
        start: (segment,) first row, counted over the whole source.
        stop: (segment,) row after the last; equal to start where the part has no row of the segment.
    """

    start: Bounds
    stop: Bounds

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return int((self.stop - self.start).sum())

    def ranges(self) -> list[slice]:
        """The ranges that are not empty."""
        return [slice(int(a), int(b)) for a, b in zip(self.start, self.stop, strict=True) if b > a]

    def rows(self) -> NDArray[np.int64]:
        """(row,) numbers of all rows of the part."""
        return np.concatenate([np.empty(0, np.int64), *(np.arange(r.start, r.stop) for r in self.ranges())])


@dataclass(frozen=True, eq=False)
class Parts:
    """The three parts, which have no row in common."""

    train: Part
    valid: Part
    test: Part


@dataclass(frozen=True, slots=True)
class ByTime:
    """Split every segment in order of time.

    Attributes:
        train: share of rows in the training part.
        valid: share of rows in the validation part.
        test: share of rows in the test part; may be 0.

    Example:
        >>> ByTime(train=8, valid=1, test=1)
        ByTime(train=8, valid=1, test=1)
    """

    train: float = 3
    valid: float = 1
    test: float = 1

    def __post_init__(self) -> None:
        """Check the shares (ConfigError)."""
        _check_shares(self.train, self.valid, self.test)


@dataclass(frozen=True, slots=True)
class ByRecording:
    """Assign whole recordings to the parts at random.

    Attributes:
        train: share of recordings in the training part.
        valid: share of recordings in the validation part.
        test: share of recordings in the test part; may be 0.
        group: a label of recordings, such as subject; its groups stay together, and shares count groups.
        seed: random seed.

    Example:
        >>> ByRecording(6, 2, 2, group="subject").group
        'subject'
    """

    train: float = 8
    valid: float = 1
    test: float = 1
    group: str | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the shares (ConfigError)."""
        _check_shares(self.train, self.valid, self.test)


@dataclass(frozen=True, slots=True)
class ByGroup:
    """Name the groups of recordings for validation and test; all others are for training.

    Attributes:
        group: a label of recordings, such as subject; None to name the recordings themselves.
        valid: groups of the validation part.
        test: groups of the test part; may be empty.

    Example:
        >>> ByGroup("subject", valid=("09",), test=("10",)).test
        ('10',)
    """

    group: str | None
    valid: tuple[str, ...]
    test: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the parts differ (ConfigError)."""
        for groups in (self.valid, self.test):
            if isinstance(groups, str) or not isinstance(groups, Sequence):
                raise ConfigError(expected='groups as a tuple, such as ("p1", "p2")', found=repr(groups))
        if not self.valid:
            raise ConfigError("The validation part has no group", argument="valid")
        if both := sorted({*self.valid} & {*self.test}):
            raise ConfigError(f"Groups {listed(both)} are in both the validation and the test part")


Split = ByTime | ByRecording | ByGroup


def whole(source: Source) -> Part:
    """All rows of a source, as a part; of independent series without the rows beside their own."""
    return Part(*own_rows(source))


def split(source: Source, spec: Split) -> Parts:
    """Split a source into its parts.

    Args:
        source: Panel or recordings.
        spec: how to split it.

    Raises:
        ConfigError: ``spec`` is not a split.
        DataError: a panel is to be split by recordings, there are too few rows, recordings or groups for all parts, or
            the group label is absent or incomplete.
    """
    if not isinstance(spec, Split):
        raise ConfigError(
            expected='ByTime(3, 1, 1), ByRecording(8, 1, 1) or ByGroup("subject", ...)',
            found=repr(spec),
            argument="split",
        )
    if isinstance(spec, ByTime):
        return _by_time(source, spec)
    if source.clock is not None:
        raise DataError(
            f"A panel cannot be split by {type(spec).__name__}, which is for recordings",
            hint="Use ByTime",
            argument="split",
        )
    unit, names = recording_units(source, spec.group)
    part_of_unit = _draw(len(names), spec) if isinstance(spec, ByRecording) else _named(names, spec)
    return Parts(*(_whole(source, part_of_unit[unit] == part) for part in range(3)))


def recording_units(source: Source, group: str | None) -> tuple[NDArray[np.int64], list[str]]:
    """The units that a split keeps together: recordings, or groups of them.

    Returns:
        (segment,) number of the unit of every recording, and the names of the units.

    Raises:
        DataError: the group label is absent, missing in a recording, or changes within one.
    """
    if group is None:
        return np.arange(len(source.names)), list(source.names)
    column = source.label_column(group)
    heads = label_array(column[source.offsets[:-1]])
    mixed = [n for n, rows in zip(source.names, np.split(column, source.offsets[1:-1]), strict=True) if _is_mixed(rows)]
    missing = [name for name, absent in zip(source.names, label_missing(heads), strict=True) if absent]
    if mixed or missing:
        faults = [f"it is missing in {listed(missing)}"] if missing else []
        faults += [f"it changes within {listed(mixed)}"] if mixed else []
        raise DataError(
            f"Every recording needs one label {group!r}: {' and '.join(faults)}",
            hint="Label every recording, or split by another group",
        )
    values, unit = np.unique(heads if heads.dtype.kind == "f" else heads.astype(str), return_inverse=True)
    return unit, as_text(values.tolist())


def kind_of_unit(group: str | None) -> str:
    """What :func:`recording_units` counts, for messages."""
    return "recordings" if group is None else f"groups of {group!r}"


def _by_time(source: Source, spec: ByTime) -> Parts:
    first, last = own_rows(source)
    total = spec.train + spec.valid + spec.test
    # Shares such as .7, .2, .1 miss their sum by a rounding error, which must not cost a row.
    shares = [spec.train / total, (spec.train + spec.valid) / total]
    cuts = [first + np.floor((last - first) * share + 1e-9).astype(np.int64) for share in shares]
    cuts[1] = cuts[1] if spec.test else last
    parts = Parts(Part(first, cuts[0]), Part(cuts[0], cuts[1]), Part(cuts[1], last))
    sizes = (parts.train.n_rows, parts.valid.n_rows, parts.test.n_rows)
    if not all(sizes[: 3 if spec.test else 2]):
        raise DataError(
            f"A part has no rows: {int((last - first).sum())} rows in shares "
            f"{spec.train:g}:{spec.valid:g}:{spec.test:g} give {sizes[0]}, {sizes[1]} and "
            f"{sizes[2]} for training, validation and test",
            hint="Use more rows or other shares in {split}",
        )
    return parts


def _is_mixed(column: NDArray[Any]) -> bool:
    known = column[~label_missing(column)]
    return bool(len(known) and (known != known[0]).any())


def _draw(n: int, spec: ByRecording) -> NDArray[np.int64]:
    """(unit,) the part of each of n units: 0 train, 1 valid, 2 test."""
    total = spec.train + spec.valid + spec.test
    n_valid = max(1, round(n * spec.valid / total))
    n_test = max(1, round(n * spec.test / total)) if spec.test else 0
    if n - n_valid - n_test < 1:
        raise DataError(
            f"{n} {kind_of_unit(spec.group)} are too few for every part in shares "
            f"{spec.train:g}:{spec.valid:g}:{spec.test:g}",
            hint="Use more of them or other shares in {split}",
        )
    part = np.zeros(n, dtype=np.int64)
    part[:n_valid], part[n_valid : n_valid + n_test] = 1, 2
    return np.random.default_rng(spec.seed).permutation(part)


def _named(names: Sequence[str], spec: ByGroup) -> NDArray[np.int64]:
    what = "recording" if spec.group is None else spec.group
    check_known((*spec.valid, *spec.test), names, what, argument="split")
    part = np.array([1 if name in spec.valid else 2 if name in spec.test else 0 for name in names])
    if not np.any(part == 0):
        raise DataError(f"None of the {kind_of_unit(spec.group)} is left for training", argument="split")
    return part


def _whole(source: Source, chosen: NDArray[np.bool_]) -> Part:
    first, last = source.offsets[:-1], source.offsets[1:]
    return Part(first, np.where(chosen, last, first))


def _check_shares(train: float, valid: float, test: float) -> None:
    numbers = all(isinstance(share, Real) and isfinite(share) for share in (train, valid, test))
    if not (numbers and isfinite(train + valid + test) and train > 0 and valid > 0 and test >= 0):
        raise ConfigError(
            expected="shares train > 0, valid > 0, test >= 0", found=f"{train!r}, {valid!r}, {test!r}", argument="split"
        )
