"""Training, validation and test part of the rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Source
from divecast.data.tables.columns import as_text, label_array, label_missing
from divecast.errors import ConfigError, DataError

Bounds = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Part:
    """A range of rows in every segment.

    Attributes:
        start: (segment,) first row, counted over the whole source.
        stop: (segment,) row after the last; the same as start where the part has no row of the segment.
    """

    start: Bounds
    stop: Bounds

    @property
    def n_rows(self) -> int:
        """Rows of the part."""
        return int((self.stop - self.start).sum())

    def ranges(self) -> list[slice]:
        """The ranges that are not empty."""
        return [slice(int(a), int(b)) for a, b in zip(self.start, self.stop, strict=True) if b > a]

    def rows(self) -> NDArray[np.int64]:
        """(row,) numbers of all rows of the part."""
        return np.concatenate([np.empty(0, np.int64), *(np.arange(r.start, r.stop) for r in self.ranges())])


@dataclass(frozen=True, eq=False)
class Parts:
    """The three parts; no row is in two of them."""

    train: Part
    valid: Part
    test: Part


@dataclass(frozen=True, slots=True)
class ByTime:
    """Cut every segment in order of time, by share of its rows; ``test`` may be 0."""

    train: float = 3
    valid: float = 1
    test: float = 1

    def __post_init__(self) -> None:
        """Check the shares (ConfigError)."""
        _check_shares(self.train, self.valid, self.test)


@dataclass(frozen=True, slots=True)
class ByRecording:
    """Give whole recordings to the parts by chance; ``test`` may be 0.

    Attributes:
        train: Share of the training part.
        valid: Share of the validation part.
        test: Share of the test part.
        group: A label of recordings, such as subject; its groups are never torn apart, and shares count groups.
        seed: Of the draw.
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
        group: A label of recordings, such as subject; None to name the recordings themselves.
        valid: Its values that go to the validation part.
        test: Its values that go to the test part; may be empty.
    """

    group: str | None
    valid: tuple[str, ...]
    test: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the parts differ (ConfigError)."""
        for groups in (self.valid, self.test):
            if isinstance(groups, str) or not isinstance(groups, Sequence):
                raise ConfigError(f'expected groups as a tuple, such as ("p1", "p2"), got {groups!r}')
        both = set(self.valid) & set(self.test)
        if both or not self.valid:
            raise ConfigError(f"expected validation groups that are no test groups, got {self.valid} and {self.test}")


Split = ByTime | ByRecording | ByGroup


def split(source: Source, spec: Split) -> Parts:
    """Cut a source into its parts.

    Args:
        source: Panel or recordings.
        spec: How to cut.

    Returns:
        The parts.

    Raises:
        ConfigError: ``spec`` is no split.
        DataError: A panel is to be cut by recordings, there are too few rows, recordings or groups for every part, or
            the group label is absent or incomplete.
    """
    if not isinstance(spec, Split):
        raise ConfigError(f'expected ByTime(3, 1, 1), ByRecording(8, 1, 1) or ByGroup("subject", ...), got {spec!r}')
    if isinstance(spec, ByTime):
        return _by_time(source, spec)
    if source.clock is not None:
        raise DataError(f"expected recordings for {type(spec).__name__}; a panel is one segment in time; use ByTime")
    unit, names = recording_units(source, spec.group)
    share = _draw(len(names), spec) if isinstance(spec, ByRecording) else _named(names, spec)
    return Parts(*(_whole(source, share[unit] == part) for part in range(3)))


def _by_time(source: Source, spec: ByTime) -> Parts:
    first, last = source.offsets[:-1], source.offsets[1:]
    total = spec.train + spec.valid + spec.test
    # Shares such as .7, .2, .1 miss their sum by a rounding error, which must not cost a row.
    shares = [spec.train / total, (spec.train + spec.valid) / total]
    cuts = [first + np.floor((last - first) * share + 1e-9).astype(np.int64) for share in shares]
    cuts[1] = cuts[1] if spec.test else last
    parts = Parts(Part(first, cuts[0]), Part(cuts[0], cuts[1]), Part(cuts[1], last))
    sizes = (parts.train.n_rows, parts.valid.n_rows, parts.test.n_rows)
    if not all(sizes[: 3 if spec.test else 2]):
        raise DataError(
            f"expected rows for every part, got {sizes} (train, valid, test) of {last[-1]} rows by shares "
            f"{spec.train:g}:{spec.valid:g}:{spec.test:g}; give more rows or other shares"
        )
    return parts


def recording_units(source: Source, group: str | None) -> tuple[NDArray[np.int64], list[str]]:
    """For each segment the number of its group, and the names of the groups; without a group each is its own."""
    if group is None:
        return np.arange(len(source.names)), list(source.names)
    column = source.label_column(group)
    heads = label_array(column[source.offsets[:-1]])
    torn = [n for n, cut in zip(source.names, np.split(column, source.offsets[1:-1]), strict=True) if _mixed(cut)]
    missing = [name for name, absent in zip(source.names, label_missing(heads), strict=True) if absent]
    if torn or missing:
        raise DataError(
            f"expected one label {group!r} for each recording, it is missing in {missing[:5]} and changes within "
            f"{torn[:5]}; label every recording, or split by another group"
        )
    values, unit = np.unique(heads if heads.dtype.kind == "f" else heads.astype(str), return_inverse=True)
    return unit, as_text(values.tolist())


def kind_of_unit(group: str | None) -> str:
    """Say what ``recording_units`` counts."""
    return "recordings" if group is None else f"groups of {group!r}"


def _mixed(column: NDArray[Any]) -> bool:
    given = column[~label_missing(column)]
    return bool(len(given) and (given != given[0]).any())


def _draw(n: int, spec: ByRecording) -> NDArray[np.int64]:
    """The part (0 train, 1 valid, 2 test) of each of n units."""
    total = spec.train + spec.valid + spec.test
    n_valid = max(1, round(n * spec.valid / total))
    n_test = max(1, round(n * spec.test / total)) if spec.test else 0
    if n - n_valid - n_test < 1:
        raise DataError(
            f"expected at least one of the {kind_of_unit(spec.group)} for every part, got {n} in all by shares "
            f"{spec.train:g}:{spec.valid:g}:{spec.test:g}; give more, or split ByTime"
        )
    part = np.zeros(n, dtype=np.int64)
    part[:n_valid], part[n_valid : n_valid + n_test] = 1, 2
    return np.random.default_rng(spec.seed).permutation(part)


def _named(names: Sequence[str], spec: ByGroup) -> NDArray[np.int64]:
    unknown = [name for name in (*spec.valid, *spec.test) if name not in names]
    part = np.array([1 if name in spec.valid else 2 if name in spec.test else 0 for name in names])
    if unknown or not np.any(part == 0):
        raise DataError(
            f"expected {kind_of_unit(spec.group)} out of {list(names)[:12]} with some left for training, got "
            f"valid {spec.valid} and test {spec.test}; unknown: {unknown}"
        )
    return part


def _whole(source: Source, chosen: NDArray[np.bool_]) -> Part:
    first, last = source.offsets[:-1], source.offsets[1:]
    return Part(first, np.where(chosen, last, first))


def _check_shares(train: float, valid: float, test: float) -> None:
    numbers = all(isinstance(share, Real) and isfinite(share) for share in (train, valid, test))
    if not (numbers and train > 0 and valid > 0 and test >= 0):
        raise ConfigError(f"expected shares train > 0, valid > 0, test >= 0, got {train!r}, {valid!r}, {test!r}")
