"""Class indices of every row, and the vocabularies fitted on the training part."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from divecast.data.factors import Calendar, Factor, Label
from divecast.data.labels.vocabulary import LabelIndices, Vocabulary
from divecast.data.parts import Part, Parts
from divecast.data.source import Column, Source
from divecast.data.sources.arrays import row_chunks
from divecast.data.tables.columns import as_text, distinct, label_missing
from divecast.data.time.calendar import CALENDAR_CLASSES, calendar_codes
from divecast.errors import DataError, warn_data


def fit_vocabularies(source: Source, factors: Sequence[Factor], train: Part) -> tuple[Vocabulary, ...]:
    """Find classes and frequencies of each factor in the training part.

    Args:
        source: Panel or recordings.
        factors: The factors.
        train: The training part.

    Returns:
        One vocabulary a factor.

    Raises:
        DataError: A factor is absent, has no label or a single class in the training part, has no order though it
            needs one, or is of the calendar though there is no clock.
    """
    return tuple(
        _calendar_vocabulary(source, factor, train)
        if isinstance(factor, Calendar)
        else _label_vocabulary(source.label_column(factor.name)[train.rows()], factor)
        for factor in factors
    )


def encode_labels(source: Source, factors: Sequence[Factor], vocabularies: Sequence[Vocabulary]) -> LabelIndices:
    """Class index of every row and factor.

    Args:
        source: Panel or recordings.
        factors: The factors.
        vocabularies: Their vocabularies.

    Returns:
        (row, factor) int16, -1 where missing or unknown.

    Raises:
        DataError: A factor is absent, or of the calendar though there is no clock.
    """
    columns = [_codes(source, factor, vocabulary) for factor, vocabulary in zip(factors, vocabularies, strict=True)]
    return _side_by_side(source, columns)


def encode_known_labels(source: Source, factors: Sequence[Factor], vocabularies: Sequence[Vocabulary]) -> LabelIndices:
    """Class index of every row and factor, as :func:`encode_labels`, but -1 for a label the source does not have.

    For data a fitted model is used on: labels are what it infers, so they may be absent.
    """
    columns = [
        _codes(source, factor, vocabulary)
        if isinstance(factor, Calendar) or source.has_label(factor.name)
        else np.full(len(source.values), -1, dtype=np.int16)
        for factor, vocabulary in zip(factors, vocabularies, strict=True)
    ]
    return _side_by_side(source, columns)


def _codes(source: Source, factor: Factor, vocabulary: Vocabulary) -> LabelIndices:
    if isinstance(factor, Label):
        return vocabulary.encode(source.label_column(factor.name))
    known = {name: code for code, name in enumerate(vocabulary.classes)}
    table = np.array([known.get(name, -1) for name in CALENDAR_CLASSES[factor.name]], dtype=np.int16)
    codes: LabelIndices = table[_calendar(source, factor)]
    return codes


def _side_by_side(source: Source, columns: Sequence[LabelIndices]) -> LabelIndices:
    return np.stack(columns, axis=1) if columns else np.empty((len(source.values), 0), dtype=np.int16)


def check_seen(source: Source, factors: Sequence[Factor], vocabularies: Sequence[Vocabulary], parts: Parts) -> None:
    """Refuse classes of the validation or test part that the training part does not have.

    Args:
        source: Panel or recordings.
        factors: The factors.
        vocabularies: Their vocabularies.
        parts: The parts.

    Raises:
        DataError: There are some.
    """
    codes = encode_labels(source, factors, vocabularies)
    for at, factor in enumerate(factors):
        for title, part in (("validation", parts.valid), ("test", parts.test)):
            rows = part.rows()
            names = _names(source, factor, rows)
            unseen = rows[(codes[rows, at] < 0) & ~label_missing(names)]
            if len(unseen):
                raise _unseen(source, factor, title, unseen)


def _unseen(source: Source, factor: Factor, title: str, rows: Column) -> DataError:
    classes, _ = distinct(_names(source, factor, rows))
    clock = source.clock
    first = f"row {rows[0]}" + ("" if clock is None else f", {clock.at(rows[:1])[0]} UTC")
    return DataError(
        f"expected the classes of factor {factor.name!r} to occur in the training part, but {classes[:12]} occur "
        f"only in the {title} part, first in {first}; drop the factor, choose another split, or give more data"
    )


def _names(source: Source, factor: Factor, rows: Column) -> Column:
    if isinstance(factor, Calendar):
        return np.array(CALENDAR_CLASSES[factor.name], dtype=object)[_calendar(source, factor)[rows]]
    return source.label_column(factor.name)[rows]


def _calendar(source: Source, factor: Calendar) -> LabelIndices:
    clock = source.clock
    if clock is None:
        raise DataError(
            f"expected a panel for the calendar factor {factor.name!r}, recordings have no clock; drop the factor, or "
            f"give a label column and name it as Label({factor.name!r})"
        )
    codes = np.empty(clock.length, dtype=np.int16)
    for part in row_chunks(clock.length, 1):
        codes[part] = calendar_codes(clock.local(np.arange(part.start, part.stop), factor.tz), factor)
    return codes


def _calendar_vocabulary(source: Source, factor: Calendar, train: Part) -> Vocabulary:
    classes = CALENDAR_CLASSES[factor.name]
    counts = np.bincount(_calendar(source, factor)[train.rows()], minlength=len(classes))
    return _counted(factor, classes, counts)


def _label_vocabulary(column: Column, factor: Label) -> Vocabulary:
    if label_missing(column).all():
        raise DataError(
            f"expected labels of factor {factor.name!r} in the training part, all {len(column)} are missing; "
            "drop the factor or choose a split whose training part has some"
        )
    if factor.bins is not None:
        return _binned(column, factor, factor.bins)
    classes, places = distinct(column)
    counts = np.bincount(places[places >= 0], minlength=len(classes))
    if factor.order is None and factor.kind != "plain" and column.dtype.kind != "f":
        raise DataError(
            f"expected an order of the classes of {factor.kind} factor {factor.name!r}, which are text {classes[:12]}; "
            f"give Label({factor.name!r}, kind={factor.kind!r}, order=(...))"
        )
    if factor.order is None:
        return _counted(factor, classes, counts)
    outside = [name for name in classes if name not in factor.order]
    if outside:
        raise DataError(f"expected only classes {factor.order} of factor {factor.name!r}, got {outside[:12]}; add them")
    known = dict(zip(classes, counts.tolist(), strict=True))
    return _counted(factor, factor.order, np.array([known.get(name, 0) for name in factor.order]))


def _counted(factor: Factor, classes: Sequence[str], counts: Column) -> Vocabulary:
    seen = tuple(name for name, count in zip(classes, counts, strict=True) if count)
    if len(seen) < 2:
        raise DataError(
            f"expected at least two classes of factor {factor.name!r} in the training part, got {seen}; "
            "drop the factor or choose a split whose training part has more"
        )
    shares = counts[counts > 0] / counts.sum()
    return Vocabulary(factor.name, factor.kind, seen, tuple(shares.tolist()))


def _binned(column: Column, factor: Label, bins: int) -> Vocabulary:
    if column.dtype.kind != "f":
        raise DataError(f"expected numbers to cut factor {factor.name!r} into bins, got text; leave bins out")
    numbers = column[~np.isnan(column)]
    edges = _bin_edges(numbers, bins)
    counts = np.bincount(np.searchsorted(edges, numbers, side="right"), minlength=len(edges) + 1)
    whole = _counted(factor, _bin_names(edges), counts)
    if whole.n_classes < bins:
        warn_data(f"factor {factor.name!r} got {whole.n_classes} bins instead of {bins}: some numbers are too frequent")
    return replace(whole, edges=tuple(edges.tolist()))


def _bin_edges(numbers: Column, bins: int) -> Column:
    """Quantiles that are values of the data, so that no bin is empty however often a number is repeated."""
    distinct_numbers = np.unique(numbers)
    cuts = np.quantile(numbers, np.arange(1, bins) / bins, method="inverted_cdf")
    above_lowest = np.searchsorted(distinct_numbers, cuts).clip(1)
    return np.unique(distinct_numbers[above_lowest[above_lowest < len(distinct_numbers)]])


def _bin_names(edges: Column) -> list[str]:
    texts = as_text([round(float(edge), 6) for edge in edges])
    if not texts:
        return ["all"]
    return [f"below {texts[0]}", *(f"{low} to {high}" for low, high in pairwise(texts)), f"{texts[-1]} and above"]
