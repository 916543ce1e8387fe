"""Attempts to read data in: each draws what is read, and says what a right reading is."""

import math
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from divecast import Calendar, Covariate, Label, Panel, Recordings, open_store, store_from_parquet, write_store
from divecast.data import (
    ByTime,
    add_future,
    align,
    as_factors,
    as_panel,
    encode_labels,
    fit_vocabularies,
    n_future,
    read_source,
    split,
    write_frame,
)
from divecast.data.factors import CalendarName, Kind
from slow.hostile.drawn import (
    KINDS,
    NO_STEPS,
    NO_ZONES,
    STARTS,
    STEPS,
    ZONES,
    cells,
    floats,
    long,
    names,
    often,
    stamps,
    wide,
)
from slow.hostile.judge import rising
from slow.hostile.tables import Table

Attempt = Callable[[], None]
_ZONES = often(None, *ZONES, *NO_ZONES)


def whole_panel(panel: Panel) -> None:
    """Assert what every panel is: values or NaN on a clock that goes on, channels of different names."""
    assert panel.values.dtype == np.float32
    assert panel.values.shape == (panel.clock.length, len(panel.channels))
    assert not np.isinf(panel.values).any()
    assert len(set(panel.channels)) == len(panel.channels)
    assert all(isinstance(name, str) for name in panel.channels)
    times = panel.clock.stamps(0, panel.clock.length + 2)
    rising(times)
    assert panel.clock.row_of(times[panel.clock.length - 1]) == panel.clock.length - 1
    assert panel.clock.local(np.arange(2)).dtype == times.dtype
    for column in (*panel.labels.values(), *panel.covariates.values()):
        assert column.shape in ((panel.clock.length,), panel.values.shape)
    for column in panel.covariates.values():
        assert column.dtype == np.float32
        assert not np.isinf(column).any()
    for column in panel.static.values():
        assert column.shape == (len(panel.channels),)
    assert 0 <= n_future(panel) <= len(panel.values)
    assert str(panel)
    assert panel.fingerprint() == panel.fingerprint()


def same_values(panel: Panel, table: Table, aside: tuple[Any, ...]) -> None:
    """Assert that the panel has the table's values, none changed, none lost but in rows that repeat."""
    found = sorted(float(value) for value in panel.values[~np.isnan(panel.values)])
    given = table.finite(aside)
    assert set(found) == set(given), (found, given)
    assert len(found) <= len(given)


@st.composite
def from_wide(draw: st.DrawFn) -> Attempt:
    """A wide table, its time column named or not, perhaps with a label."""
    table, tz = draw(wide()), draw(_ZONES)
    time = draw(often(None, "time", "when", "absent"))
    labels = draw(often((), *[(name,) for name in table.names[:3]], ("absent",)))

    def attempt() -> None:
        panel = Panel.from_wide(table.frame(), time, labels, tz)
        whole_panel(panel)
        others = [str(name) for name in table.names if str(name) in panel.channels]
        assert list(panel.channels) == others or table.library == "polars"
        aside = [name for name in table.names if str(name) not in panel.channels]
        same_values(panel, table, tuple(aside))

    return attempt


@st.composite
def from_long(draw: st.DrawFn) -> Attempt:
    """A long table."""
    table, tz = draw(long()), draw(_ZONES)
    labels = ("label",) if "label" in table.names else ()

    def attempt() -> None:
        panel = Panel.from_long(table.frame(), labels=labels, tz=tz)
        whole_panel(panel)
        same_values(panel, table, ("unique_id", "ds", "label"))

    return attempt


@st.composite
def known(draw: st.DrawFn) -> Attempt:
    """A long table with a label or covariate, facts of its series, rows of the future, and a store of all this."""
    table, tz, per_series = draw(long()), draw(_ZONES), draw(st.booleans())
    numbers, stored, library = draw(st.booleans()), draw(st.booleans()), draw(st.sampled_from(KINDS))
    facts, winds, later = draw(cells(3)), draw(cells(3)), draw(cells(3))
    more = draw(often("nothing", "facts", "future", "winds"))
    off, shift = draw(often(0, 1, -1, 40)), draw(often(0, 1800))
    foreign = draw(often(st.none(), st.one_of(long(), wide())).flatmap(lambda made: made))

    def beside(names: tuple[Any, ...], *columns: list[Any]) -> Any:
        drawn = Table(names, columns, ("plain",) * len(names), library)
        return (drawn if foreign is None else foreign).frame()

    def attempt() -> None:
        there = "label" in table.names
        labels = [Label("label", per_series=per_series)] if there and not numbers else []
        covariates = [Covariate("label", per_series=per_series)] if there and numbers else []
        panel = as_panel(table.frame(), None, labels, tz, covariates)
        whole_panel(panel)
        same_values(panel, table, ("unique_id", "ds", "label"))
        end = panel.clock.length + off
        moments = [stamp.item().replace(tzinfo=UTC) for stamp in panel.clock.stamps(end, end + 3) + shift]
        if more == "facts":
            panel = panel.with_static(
                beside(("series", "fact"), list(panel.channels)[:3], facts[: len(panel.channels)])
            )
        if more == "winds":
            panel = read_source(panel, covariates=["wind"], known=beside(("ds", "wind"), moments, winds))
        if more == "future":
            roles = [] if covariates else labels or [Label("label")]
            panel = add_future(panel, beside(("ds", "label"), moments, later), roles, covariates)
        whole_panel(panel)
        whole_panel(panel.select(panel.channels[::-1]))
        if stored:
            kept = panel.labels, panel.covariates, panel.static
            start, step = panel.clock.start, panel.clock.frequency
            with tempfile.TemporaryDirectory() as folder:
                path = write_store(
                    Path(folder) / "s", [panel.values], panel.channels, start, step, panel.clock.tz, *kept
                )
                found = open_store(path)
                assert found.fingerprint() == panel.fingerprint()
                for name, column in panel.labels.items():
                    np.testing.assert_array_equal(found.labels[name], column)

    return attempt


@st.composite
def from_file(draw: st.DrawFn) -> Attempt:
    """A table written by another library and read from its file, or bytes that are none."""
    table, ending = draw(st.one_of(wide(), long())), draw(st.sampled_from([".csv", ".csv.gz", ".parquet"]))
    rubbish = draw(often(st.none(), st.binary(max_size=60)).flatmap(lambda made: made))
    tz, layout = draw(_ZONES), draw(often("auto", "wide", "long"))

    def attempt() -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"table{ending}"
            if rubbish is not None or not written(table, path):
                path.write_bytes(rubbish or b"")
            whole_panel(Panel.read(path, layout, tz=tz))
            if ending == ".parquet":
                whole_panel(open_store(store_from_parquet(Path(folder) / "store", path, tz=tz)))

    return attempt


def written(table: Table, path: Path) -> bool:
    """Write a table without our own writer; False where Arrow cannot."""
    import gzip

    import pyarrow as pa
    from pyarrow import csv, parquet

    arrow = table.arrow()
    try:
        if path.suffix == ".parquet":
            parquet.write_table(arrow, path)
        else:
            with gzip.open(path, "wb") if path.suffix == ".gz" else path.open("wb") as file:
                csv.write_csv(arrow, file)
    except (pa.ArrowException, NotImplementedError, OSError, ValueError):
        return False
    return True


def as_array(columns: list[list[Any]], kind: str) -> np.ndarray[Any, Any]:
    """Return cells as an array (row, channel) of a type that they may not fit."""
    with np.errstate(all="ignore"):
        try:
            return np.array(columns, dtype=kind).T
        except (TypeError, ValueError, OverflowError):
            return np.array([[str(cell) for cell in column] for column in columns], dtype=object).T


ARRAY_KINDS = often("f8", "f4", "f2", "i8", "u8", "?", "O", "c16", "U8", "longdouble", ">f4")


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    """Return an array of hostile numbers, mostly with two axes."""
    rows, width = draw(often(10, 0, 1, 2)), draw(often(2, 0, 1, 3))
    make = draw(often(floats, cells))
    array = as_array([draw(make(rows)) for _ in range(width)], draw(ARRAY_KINDS))
    shape = draw(often("plain", "flat", "deep", "scalar", "strided"))
    views = {"flat": array.ravel, "deep": lambda: array[None], "scalar": lambda: np.array(3.0)}
    return views.get(shape, lambda: array[::-1] if shape == "strided" else array)()


@st.composite
def from_array(draw: st.DrawFn) -> Attempt:
    """An array with a start and a step; also through a store on disk."""
    array, tz = draw(arrays()), draw(_ZONES)
    start: Any = draw(often("2024-03-30", *STARTS, "", "noon", "2024-13-01", None, 5, math.nan))
    form = draw(st.sampled_from(["text", "datetime", "numpy"]))
    if form == "datetime" and start in STARTS:
        start = datetime.fromisoformat(start)
    if form == "numpy" and start in STARTS:
        start = np.datetime64(start, draw(st.sampled_from(["s", "ns", "D", "h", "ms", "Y"])))
    step = draw(often("1h", *STEPS, *NO_STEPS))
    titles = draw(often(st.none(), st.lists(names(), max_size=3)).flatmap(lambda made: made))

    def attempt() -> None:
        panel = Panel.from_array(array, start, step, titles, tz)
        whole_panel(panel)
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(panel.values, np.atleast_2d(array.T).T.astype(np.float32))
        with tempfile.TemporaryDirectory() as folder:
            stored = open_store(write_store(Path(folder) / "s", [panel.values], panel.channels, start, step, tz))
            assert stored.fingerprint() == panel.fingerprint()

    return attempt


@st.composite
def recordings(draw: st.DrawFn) -> Attempt:
    """Arrays or a long table as recordings."""
    some = draw(st.lists(arrays(), max_size=3))
    rate = draw(often(50, 0.0, -1.0, math.nan, math.inf, 1e300, 1e-300, "10", None, True))
    labels = draw(st.none() | st.dictionaries(names(), cells(len(some)), max_size=2))
    titles = draw(often(st.none(), st.lists(names(), max_size=3)).flatmap(lambda made: made))
    table = draw(st.none() | long())

    def attempt() -> None:
        if table is None:
            found = Recordings.from_arrays(some, labels, rate, names=titles)
            assert [len(array) for array in some] == found.lengths.tolist()
        else:
            more = [name for name in table.names if name == "label"]
            found = Recordings.from_long(table.frame(), "unique_id", ["y"], more, rate)
        assert not np.isinf(found.values).any()
        assert found.offsets[-1] == len(found.values)
        assert np.isfinite(found.rate)
        assert str(found)
        for name in (*found.labels, *found.row_labels):
            assert len(found.label_column(name)) == len(found.values)

    return attempt


@st.composite
def factor(draw: st.DrawFn, labelled: bool) -> Callable[[], Any]:
    """Return how a factor is made, right or wrong."""
    zone, kind = draw(_ZONES), draw(often("plain", *Kind.__args__, "odd", None, 3))
    calendar = not labelled or draw(st.booleans())
    title = draw(st.sampled_from(CalendarName.__args__) if calendar else often("label", "load", "", 3, None))
    country = draw(often("DE" if title == "holiday" else None, "US-NY", "XX", "", "DE-", "US-Atlantis", "🔌", 3))
    bins = draw(often(None, 2, 3, 10**9, 1, 0, -1, 2.5, "2", True))
    order = draw(often(None, ("a", "b"), ("1", "2"), ("a", "a"), (), "ab", (1, 2), 3))
    if draw(often(False, True)):
        return lambda: title
    if calendar:
        return lambda: Calendar(title, zone, country)
    return lambda: Label(title, kind, bins, order)


@st.composite
def factors(draw: st.DrawFn) -> Attempt:
    """Factors of the calendar and of label columns, read from a clock of any kind."""
    rows = draw(often(60, 2, 10))
    moments = draw(st.booleans())
    made = draw(st.lists(factor(moments), min_size=1, max_size=2))
    start, step, zone = draw(st.sampled_from(STARTS)), draw(often("1h", *STEPS)), draw(st.sampled_from(ZONES))
    label = draw(st.one_of(cells(rows), st.lists(st.sampled_from("ab12"), min_size=rows, max_size=rows)))
    times = draw(stamps(rows)) if moments else None
    table = Table(
        ("time", "x", "label"), (times or [], [1.0 * at for at in range(rows)], label), ("plain",) * 3, "pandas"
    )

    def attempt() -> None:
        specs = as_factors([make() for make in made])
        if times is None:
            panel = Panel.from_array(np.arange(float(rows)), start, step, ["x"], zone)
        else:
            panel = as_panel(table.frame(), "time", ["label"], zone)
        parts = split(panel, ByTime())
        vocabularies = fit_vocabularies(panel, specs, parts.train)
        codes = encode_labels(panel, specs, vocabularies)
        assert codes.shape == (panel.clock.length, len(specs))
        for column, vocabulary in zip(codes.T, vocabularies, strict=True):
            assert column.min() >= -1
            assert column.max() < vocabulary.n_classes
            assert len(vocabulary.classes) >= 2
            assert np.isclose(sum(vocabulary.frequencies), 1.0)
            assert all(share > 0 for share in vocabulary.frequencies)

    return attempt


@st.composite
def anything(draw: st.DrawFn) -> Attempt:
    """What is no table at all, or is asked for channels it lacks."""
    thing = draw(
        st.sampled_from([None, 5, "", "x.csv", b"a", [], [1], {}, {"a": [1]}, (), np.zeros(3), math.nan, Path("/")])
    )
    table, wanted = draw(wide(st.just(8))), draw(st.lists(names(), max_size=2))
    alone = draw(st.booleans())

    def attempt() -> None:
        if alone:
            whole_panel(as_panel(thing))
            return
        panel = as_panel(table.frame())
        assert align(panel, wanted).channels == tuple(wanted)
        with tempfile.TemporaryDirectory() as folder:
            write_frame(dict(zip(panel.channels, panel.values.T, strict=True)), Path(folder) / "x.csv")

    return attempt
