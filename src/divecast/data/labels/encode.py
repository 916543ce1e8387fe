"""Class indices of every row, and vocabularies fitted on the training part."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from divecast._text import plural
from divecast.data.factors import Calendar, Factor, Label
from divecast.data.labels.vocabulary import LabelIndices, Vocabulary
from divecast.data.names import listed
from divecast.data.parts import Part, Parts
from divecast.data.source import Column, Source, row_text
from divecast.data.sources.arrays import row_chunks
from divecast.data.tables.label_columns import as_text, distinct, label_missing
from divecast.data.time.calendar import CALENDAR_CLASSES, calendar_codes
from divecast.data.time.clock import Clock
from divecast.errors import DataError, warn_data

_MOST_CLASSES = np.iinfo(np.int16).max  # of LabelIndices


def fit_vocabularies(source: Source, factors: Sequence[Factor], train: Part) -> tuple[Vocabulary, ...]:
    """Find classes and frequencies of each factor in the training part.

    Labels of which every series has its own are counted together, over all series.

    Args:
        source: Panel or recordings.
        factors: the factors.
        train: the training part.

    Returns:
        One vocabulary per factor.

    Raises:
        DataError: a factor is absent, has no labels or a single class in the training part, more classes than
            indices can tell apart, lacks an order that it needs, or is of the calendar although there is no clock.
    """
    return tuple(
        _calendar_vocabulary(source, factor, train)
        if isinstance(factor, Calendar)
        else _label_vocabulary(source.label_column(factor.name)[train.rows()], factor)
        for factor in factors
    )


def encode_labels(
    source: Source,
    factors: Sequence[Factor],
    vocabularies: Sequence[Vocabulary],
    *,
    absent_labels: bool = False,
    n_after: int = 0,
) -> LabelIndices:
    """Class index of every row and factor.

    A factor of which every series has its own label has none for a row: see :func:`encode_series_labels`.

    Args:
        source: Panel or recordings.
        factors: the factors.
        vocabularies: their vocabularies.
        absent_labels: whether the source may lack label columns, which a fitted model infers.
        n_after: number of rows after the end, of which only the calendar is known.

    Returns:
        (row, factor) int16, -1 where missing or unknown, and for every row of a factor per series.

    Raises:
        DataError: a factor is absent, of the calendar although there is no clock, or has a label per series although
            its vocabulary has not.
    """
    n_rows = len(source.values)
    indices = np.full((n_rows + n_after, len(factors)), -1, dtype=np.int16)
    calendar = {}
    for place, (factor, vocabulary) in enumerate(zip(factors, vocabularies, strict=True)):
        if vocabulary.per_series or (absent_labels and _is_absent(source, factor)):
            continue
        if isinstance(factor, Calendar):
            calendar[place] = factor
        else:
            indices[:n_rows, place] = vocabulary.encode(_shared_column(source, factor))
    codes = _calendar_codes(source, tuple(calendar.values()), n_after)
    for column, (place, factor) in zip(codes.T, calendar.items(), strict=True):
        index = {name: number for number, name in enumerate(vocabularies[place].classes)}
        table = np.array([index.get(name, -1) for name in CALENDAR_CLASSES[factor.name]], dtype=np.int16)
        indices[:, place] = table[column]
    return indices


def encode_series_labels(
    source: Source, factor: Factor, vocabulary: Vocabulary, *, absent_labels: bool = False
) -> LabelIndices:
    """Class index of every row and series; a label that all series of a row share is that of each.

    Args:
        source: Panel or recordings.
        factor: the factor.
        vocabulary: its vocabulary.
        absent_labels: whether the source may lack the label column.

    Returns:
        (row, channel) int16, -1 where missing or unknown; may be a view that cannot be written to.

    Raises:
        DataError: the factor is absent, or of the calendar although there is no clock.
    """
    shape = (len(source.values), len(source.channels))
    if absent_labels and _is_absent(source, factor):
        return np.broadcast_to(np.int16(-1), shape)
    if isinstance(factor, Calendar):
        indices = encode_labels(source, [factor], [vocabulary])[:, 0]
    else:
        indices = vocabulary.encode(source.label_column(factor.name))
    return indices if indices.ndim == 2 else np.broadcast_to(indices[:, None], shape)


def check_seen(source: Source, factors: Sequence[Factor], vocabularies: Sequence[Vocabulary], parts: Parts) -> None:
    """Refuse classes of the validation or test part that the training part lacks; of recordings, warn.

    A class without a recording to learn from cannot be read: its labels count as missing.

    Args:
        source: Panel or recordings.
        factors: the factors.
        vocabularies: their vocabularies.
        parts: the parts.

    Raises:
        DataError: there is such a class, in a panel.
    """
    for title, part in (("validation", parts.valid), ("test", parts.test)):
        for factor, found in _unseen(source, factors, vocabularies, part):
            if source.clock is None:
                warn_data(
                    f"Factor {factor.name!r} has classes without a label in the training part: {found} ({title} part). "
                    "They are not learned, and count as unknown",
                    hint="Label a recording of each that is in the training part, or choose another {split}",
                )
                continue
            raise DataError(
                f"Factor {factor.name!r} has classes only in the {title} part, not in the training part: {found}",
                hint="Leave the factor out, choose another {split}, or use more data",
            )


def check_known(source: Source, factors: Sequence[Factor], vocabularies: Sequence[Vocabulary], part: Part) -> None:
    """Refuse data that lack the labels of a model, or have classes that it does not know; of recordings, warn of these.

    Args:
        source: Panel or recordings.
        factors: the factors of the model.
        vocabularies: their vocabularies.
        part: the rows to check.

    Raises:
        DataError: there is such a factor.
    """
    absent = [factor.name for factor in factors if _is_absent(source, factor)]
    if absent:
        raise DataError(
            f"The data lack {plural(len(absent), 'label column')} of the model: {listed(absent)}",
            hint="Add them, empty where a label is not known",
        )
    for factor, found in _unseen(source, factors, vocabularies, part):
        problem = f"Factor {factor.name!r} has classes that the model does not know: {found}"
        if source.clock is None:
            warn_data(f"{problem}. They count as unknown")
            continue
        raise DataError(
            problem,
            hint="Fit a model on all rows, or leave these labels out of the table",
        )


def _unseen(
    source: Source, factors: Sequence[Factor], vocabularies: Sequence[Vocabulary], part: Part
) -> Iterator[tuple[Factor, str]]:
    """Yield each factor that has classes which its vocabulary lacks, with their names and first place."""
    rows = part.rows()
    for factor, vocabulary in zip(factors, vocabularies, strict=True):
        indices = (
            encode_series_labels(source, factor, vocabulary)
            if vocabulary.per_series
            else encode_labels(source, [factor], [vocabulary])[:, 0]
        )
        names = _class_names(source, factor, rows)
        unseen = (indices[rows] < 0) & ~label_missing(names)
        if unseen.any():
            classes, _ = distinct(names[unseen])
            first = row_text(source, int(rows[np.nonzero(unseen)[0][0]]))
            series = f" of series {source.channels[np.nonzero(unseen)[1][0]]!r}" if unseen.ndim == 2 else ""
            yield factor, f"{listed(classes)}, first in {first}{series}"


def _is_absent(source: Source, factor: Factor) -> bool:
    return isinstance(factor, Label) and not source.has_label(factor.name)


def _shared_column(source: Source, factor: Label) -> Column:
    """Return the labels of the rows, of a factor that all series share."""
    column: Column = source.label_column(factor.name)
    if column.ndim == 2:
        raise DataError(
            f"Factor {factor.name!r} has a label per series here, but was fitted with one per row for all series",
            hint="Give one label per row, or fit a model with the labels of the series",
        )
    return column


def _class_names(source: Source, factor: Factor, rows: Column) -> Column:
    if isinstance(factor, Calendar):
        names = np.array(CALENDAR_CLASSES[factor.name], dtype=object)
        of_rows: Column = names[_calendar_codes(source, [factor])[rows, 0]]
        return of_rows
    return source.label_column(factor.name)[rows]


def _calendar_codes(source: Source, factors: Sequence[Calendar], n_after: int = 0) -> LabelIndices:
    """(row, factor) indices into all classes of calendar factors, also of some rows after the end."""
    clock = source.clock
    if not factors:
        return np.empty((len(source.values) + n_after, 0), dtype=np.int16)
    if clock is None:
        name = factors[0].name
        raise DataError(
            f"The calendar factor {name} needs a panel: recordings have no clock",
            hint=f"Leave it out, or name a label column in Python with Label({name!r})",
            argument="factors",
        )
    codes = np.empty((clock.length + n_after, len(factors)), dtype=np.int16)
    for part in row_chunks(len(codes), 1):
        rows = np.arange(part.start, part.stop)
        codes[part] = clock.read(rows, lambda plain, of_plain: _codes_at(plain, of_plain, factors))
    return codes


def _codes_at(clock: Clock, rows: Column, factors: Sequence[Calendar]) -> LabelIndices:
    local = {tz: clock.local_begin(rows, tz) for tz in {factor.tz for factor in factors}}
    return np.stack([calendar_codes(local[factor.tz], factor) for factor in factors], axis=1).astype(np.int16)


def _calendar_vocabulary(source: Source, factor: Calendar, train: Part) -> Vocabulary:
    classes = CALENDAR_CLASSES[factor.name]
    counts = np.bincount(_calendar_codes(source, [factor])[train.rows(), 0], minlength=len(classes))
    return _vocabulary(factor, classes, counts)


def _label_vocabulary(column: Column, factor: Label) -> Vocabulary:
    if label_missing(column).all():
        raise DataError(
            f"Factor {factor.name!r} has no labels in the training part: all {column.size} are missing",
            hint="Leave it out, or choose a {split} whose training part has some",
        )
    vocabulary = _binned(column, factor, factor.bins) if factor.bins is not None else _of_classes(column, factor)
    return replace(vocabulary, per_series=column.ndim == 2)


def _of_classes(column: Column, factor: Label) -> Vocabulary:
    classes, places = distinct(column)
    counts = np.bincount(places[places >= 0], minlength=len(classes))
    if factor.order is None and factor.kind != "plain" and column.dtype.kind != "f":
        raise DataError(
            f"The {factor.kind} factor {factor.name!r} needs the order of its classes, which are text: "
            f"{listed(classes)}",
            hint=f"In Python, pass Label(..., kind={factor.kind!r}, order=(...))",
        )
    if factor.order is None:
        return _vocabulary(factor, classes, counts)
    outside = [name for name in classes if name not in factor.order]
    if outside:
        raise DataError(
            f"Classes {listed(outside)} of factor {factor.name!r} are missing in its order {factor.order}",
            hint="Add them",
        )
    known = dict(zip(classes, counts.tolist(), strict=True))
    return _vocabulary(factor, factor.order, np.array([known.get(name, 0) for name in factor.order]))


def _vocabulary(factor: Factor, classes: Sequence[str], counts: Column) -> Vocabulary:
    """The vocabulary of the classes that occur."""
    seen = tuple(name for name, count in zip(classes, counts, strict=True) if count)
    if len(seen) < 2:
        raise DataError(
            f"Factor {factor.name!r} needs at least two classes in the training part, which has {listed(seen)}",
            hint="Leave it out, or choose a {split} whose training part has more; an empty cell is unknown, not none",
        )
    if len(seen) > _MOST_CLASSES:
        raise DataError(
            f"Factor {factor.name!r} has {len(seen):,} classes in the training part, more than {_MOST_CLASSES:,}",
            hint="Leave it out, or join classes; a column of numbers can be named in {covariates}",
        )
    shares = counts[counts > 0] / counts.sum()
    return Vocabulary(factor.name, factor.kind, seen, tuple(shares.tolist()))


def _binned(column: Column, factor: Label, bins: int) -> Vocabulary:
    if column.dtype.kind != "f":
        raise DataError(f"Factor {factor.name!r} cannot be cut into bins: its labels are text", hint="Leave out bins")
    numbers = column[~np.isnan(column)]
    edges = _bin_edges(numbers, bins)
    counts = np.bincount(np.searchsorted(edges, numbers, side="right"), minlength=len(edges) + 1)
    vocabulary = _vocabulary(factor, _bin_names(edges), counts)
    if vocabulary.n_classes < bins:
        warn_data(
            f"Factor {factor.name!r} has {vocabulary.n_classes} bins instead of {bins}: some numbers are too frequent"
        )
    return replace(vocabulary, edges=tuple(edges.tolist()))


def _bin_edges(numbers: Column, bins: int) -> Column:
    """Quantiles that are values of the data, so that no bin is empty however often a number occurs."""
    distinct_numbers = np.unique(numbers)
    cuts = np.quantile(numbers, np.arange(1, bins) / bins, method="inverted_cdf")
    above_lowest = np.searchsorted(distinct_numbers, cuts).clip(1)
    return np.unique(distinct_numbers[above_lowest[above_lowest < len(distinct_numbers)]])


def _bin_names(edges: Column) -> list[str]:
    texts = as_text([round(float(edge), 6) for edge in edges])
    if not texts:
        return ["all"]
    return [f"below {texts[0]}", *(f"{low} to {high}" for low, high in pairwise(texts)), f"{texts[-1]} and above"]
