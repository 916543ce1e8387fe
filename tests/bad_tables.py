"""The ways a table can be wrong: each with a call that says so, from which docs/errors.md is written."""

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from divecast import BusinessDays, Calendar, Covariate, Label, Panel, Recordings
from divecast.data import (
    ByRecording,
    ByTime,
    TextFormat,
    Windows,
    WindowShape,
    add_future,
    align,
    as_panel,
    at_least,
    read_source,
    split,
    write_store,
)
from divecast.data.labels.encode import check_known, check_seen, fit_vocabularies
from divecast.data.sources.open_panel import on_slots
from divecast.data.sources.store_parquet import store_from_parquet
from divecast.data.windows.range_check import check_range
from divecast.data.windows.scale import fit_scale
from divecast.errors import DataError, DataWarning


def csv(table: pd.DataFrame, **how: Any) -> str:
    """A table as text."""
    return str(table.to_csv(index=False, **how))


N = 60
HOURS = pd.date_range("2024-01-01", periods=N, freq="h")
DAYS = pd.date_range("2024-01-01", periods=N, freq="D")
WAVE = np.round(np.sin(np.arange(N)) + 10, 2)
HOURLY = pd.DataFrame({"time": HOURS, "north": WAVE, "south": WAVE[::-1]})
DAILY = pd.DataFrame({"day": DAYS, "sales": WAVE})
LONG = HOURLY.melt("time", var_name="meter", value_name="kwh")
METERS = {"id": "meter", "value": "kwh"}
PARTED = HOURLY[["north"]].assign(year=HOURS.year, month=HOURS.month, day=HOURS.day, hour=HOURS.hour)
SPRING = HOURLY.assign(time=HOURS + pd.Timedelta("89D"))
DOTTED = csv(DAILY.assign(day=DAYS.strftime("%d.%m.%Y")))
TRIALS = pd.DataFrame({"rec": np.repeat(["r1", "r2"], 30), "ax": np.tile(WAVE[:30], 2)})


@dataclass(frozen=True)
class Bad:
    """A table, or what is told of it, that is wrong.

    Attributes:
        what: in words.
        act: the call; it gets an empty folder.
        warns: whether the table is read all the same, with a warning.
    """

    what: str
    act: Callable[[Path], object]
    warns: bool = False


def said_of(bad: Bad, folder: Path) -> str:
    """The message of a bad table, or its first warning.

    Raises:
        AssertionError: it is accepted, or what is raised is no error of the data.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            bad.act(folder)
            error = None
        except DataError as raised:
            error = raised
    said = [one.message for one in caught if isinstance(one.message, DataWarning)]
    assert (error is None) == bad.warns, f"{bad.what}: {error}"
    assert not bad.warns or said, bad.what
    return re.sub(re.escape(f"{folder}/"), "", str(said[0] if error is None else error))


def text(content: str, **told: Any) -> Callable[[Path], object]:
    """Read a text file, called table.csv."""

    def act(folder: Path) -> object:
        path = folder / "table.csv"
        path.write_bytes(content.encode(told.pop("written", "utf-8")))
        return read_source(path, **told)

    return act


def changed(table: pd.DataFrame, row: int, column: str, cell: object) -> pd.DataFrame:
    """A table with one cell changed."""
    table = table.astype({column: object})
    table.loc[row, column] = cell
    return table


def table_of(table: Any, **told: Any) -> Callable[[Path], object]:
    """Read a table."""
    return lambda folder: read_source(table, **told)


def fitted(table: Any, *factors: Any, lookback: int = 4, spec: Any = None) -> Callable[[Path], object]:
    """Read a table and do what a fit of it begins with."""

    def act(folder: Path) -> object:
        source = read_source(table, factors=factors)
        parts = split(source, spec or ByTime(3, 1, 1))
        check_seen(source, factors, fit_vocabularies(source, factors, parts.train), parts)
        scale = fit_scale(source, parts.train)
        check_range(source, parts.test, scale)
        no_labels = np.empty((len(source.values), 0), np.int16)
        return Windows.of(source, parts.train, no_labels, scale, WindowShape(lookback, 2), "fit")

    return act


def local(start: str, n: int = 72, freq: str = "h", zone: str = "Europe/Berlin") -> pd.DataFrame:
    """A wide table at local times that do not name their zone."""
    times = pd.date_range(start, periods=n, freq=freq, tz=zone).tz_localize(None)
    return pd.DataFrame({"time": times, "north": np.arange(n) % 7 + 0.5})


def ahead(table: pd.DataFrame, *, id: Any = None, **roles: Any) -> Callable[[Path], object]:  # noqa: A002
    """Give a table of the future to a panel of two meters, or of sales, with a promotion and a temperature."""
    source = LONG if id else DAILY
    with_roles = source.assign(promo="no", temp=3.0)
    panel = as_panel(with_roles, labels=["promo"], covariates=["temp"], **({**METERS} if id else {}))
    return lambda folder: add_future(panel, table, [Label("promo")], ["temp"], id=id, **roles)


def stored(chunks: Any, start: str = "2024-01-01", step: str = "1h", **more: Any) -> Callable[[Path], object]:
    """Write a store of two channels."""
    return lambda folder: write_store(folder / "store", chunks, ["north", "south"], start, step, **more)


def from_parquet(table: pd.DataFrame, **told: Any) -> Callable[[Path], object]:
    """Write a store from a Parquet file."""

    def act(folder: Path) -> object:
        table.to_parquet(folder / "table.parquet", index=False)
        return store_from_parquet(folder / "store", folder / "table.parquet", **told)

    return act


def per_series_future() -> object:
    """A table of the future that has one of two series."""
    price = Covariate("price", per_series=True)
    panel = as_panel(LONG.assign(price=1.0), covariates=[price], **METERS)
    times = pd.date_range("2024-01-03 12:00", periods=3, freq="h")
    return add_future(panel, pd.DataFrame({"time": times, "meter": "north", "price": 2.0}), [], [price])


LATER = pd.DataFrame({"day": pd.date_range("2024-03-01", periods=3), "promo": "yes", "temp": 4.0})
SHOP = DAILY[DAILY.day.dt.day_of_week < 5]
BLOCK = np.ones((4, 2))
OPEN = Panel.from_wide(SHOP, calendar=BusinessDays("Mon-Fri"))

FILES = (
    Bad("No such file", lambda folder: as_panel(folder / "lods.csv")),
    Bad("A file of another kind", lambda folder: as_panel((folder / "a.doc").write_text("x") and folder / "a.doc")),
    Bad("Empty", text("")),
    Bad("Not text", text("time,a\0\n2024-01-01,1\n")),
    Bad("In another encoding than told", text("time,é\n1,2", written="latin-1", text=TextFormat(encoding="utf-8"))),
    Bad("Not UTF-8", text(csv(HOURLY.rename(columns={"north": "nörd"})), written="latin-1"), warns=True),
    Bad("A line with more cells than the first", text("time,a\n2024-01-01,1\n2024-01-02,2,3\n")),
    Bad("No first line with names", text(csv(HOURLY, header=False))),
    Bad("Times across the columns", text(HOURLY[:5].set_index("time").T.to_csv())),
    Bad("A first line alone", text("time,north\n")),
    Bad("Two columns of one name", text("time,a,a\n" + csv(HOURLY, header=False))),
    Bad("A column without a name", text(HOURLY.to_csv()), warns=True),
    Bad("A cell that is no number", text(csv(changed(HOURLY, 7, "north", "closed")))),
    Bad("A column of text", text(csv(HOURLY.assign(state=["on", "off"] * 30)))),
    Bad("A comma for decimals or for thousands", text(csv(HOURLY[["time"]].assign(a="14,670")))),
    Bad("The same, between semicolons", text(csv(HOURLY[["time"]].assign(a="14,670"), sep=";")), warns=True),
    Bad("A point for decimals or for thousands", text(csv(HOURLY[["time"]].assign(a="14.670"), sep=";")), warns=True),
    Bad("An infinite value", table_of(changed(HOURLY, 7, "north", np.inf).astype({"north": float}))),
    Bad("A value beyond float32", table_of(HOURLY.assign(north=1e300))),
    Bad("No column but the times", table_of(HOURLY[["time"]])),
    Bad("No rows", table_of(HOURLY[:0])),
    Bad("No table", lambda folder: as_panel(3)),
    Bad("An array, which has no times", table_of(np.zeros((3, 2)))),
    Bad(
        "Columns of several levels that read alike",
        table_of(pd.DataFrame(np.ones((N, 2)), HOURS, pd.MultiIndex.from_tuples([("a/b", "c"), ("a", "b/c")]))),
    ),
    Bad("A level of the index that is a column, too", table_of(LONG.set_index(["meter", "time"]).assign(meter="x"))),
    Bad("Columns that are no series", table_of(HOURLY.assign(row=np.arange(N), hour=HOURS.hour)), warns=True),
    Bad("A channel that is not there", table_of(HOURLY, channels=["north", "west"])),
)

STAMPS = (
    Bad("Columns that were not found", text(csv(HOURLY, sep=" "))),
    Bad("No column of times", table_of(HOURLY[["north", "south"]])),
    Bad("Several columns of times", table_of(HOURLY.rename(columns={"time": "sent"}).assign(seen=HOURS))),
    Bad("A column that is not there", table_of(HOURLY, time="when")),
    Bad("Times of several kinds", table_of(changed(HOURLY, 7, "time", "noon"))),
    Bad("A missing time", table_of(changed(HOURLY, 7, "time", None).astype({"time": "datetime64[us]"}))),
    Bad("A time that cannot be read", text(csv(changed(HOURLY, 7, "time", "noon")))),
    Bad(
        "Day and month that cannot be told apart",
        text(csv(DAILY[:12].assign(day=[f"{day:02}/01/2024" for day in range(1, 13)]))),
    ),
    Bad(
        "Times in another form than told",
        text(DOTTED, time_format="%d/%m/%Y"),
    ),
    Bad("A form that there is not", text(DOTTED, time_format="%Q")),
    Bad(
        "Some times with a zone, some without",
        text(csv(HOURLY.assign(time=[f"{stamp}{'+01:00' if row % 2 else ''}" for row, stamp in enumerate(HOURS)]))),
    ),
    Bad("Whole numbers", table_of(HOURLY.assign(time=np.arange(N) + 1_704_067_200))),
    Bad("Parts of a second", table_of(HOURLY.assign(time=HOURS + pd.Timedelta("1ms") * np.arange(N)))),
    Bad("A zone that there is not", table_of(HOURLY, tz="Mars/Olympus")),
    Bad("One row", table_of(HOURLY[:1])),
    Bad("Times at no regular step", table_of(HOURLY.assign(time=HOURS + pd.Timedelta("7min") * (np.arange(N) // 9)))),
    Bad(
        "Many times missing",
        table_of(changed(HOURLY, 59, "time", pd.Timestamp("2031-01-01")).astype({"time": "datetime64[us]"})),
    ),
    Bad("A few times missing", table_of(HOURLY.drop(index=7)), warns=True),
    Bad("Rows not in order", table_of(HOURLY[::-1]), warns=True),
    Bad("A row twice", table_of(pd.concat([HOURLY, HOURLY[-1:]])), warns=True),
    Bad("Two rows of a time that differ", table_of(pd.concat([HOURLY, HOURLY[-1:].assign(north=1.0)]))),
    Bad("An hour that occurs twice, without a zone", table_of(local("2024-10-26"))),
    Bad(
        "An hour that occurs twice, in rows in no order",
        table_of(local("2024-10-26").sample(frac=1, random_state=0), tz="Europe/Berlin"),
    ),
    Bad(
        "An hour that occurs twice, in another zone",
        table_of(local("2024-11-02", zone="America/New_York"), tz="Europe/Berlin"),
    ),
    Bad("An hour that never was", table_of(SPRING, tz="Europe/Berlin")),
    Bad(
        "The same, empty, as where every day has as many rows",
        table_of(
            SPRING.mask(SPRING.time == "2024-03-31 02:00").assign(time=SPRING.time),
            tz="Europe/Berlin",
        ),
        warns=True,
    ),
    Bad(
        "A date and a time of the day in two columns",
        text(csv(HOURLY.assign(time=HOURS.strftime("%Y-%m-%d"), clock=HOURS.strftime("%H:%M")))),
        warns=True,
    ),
    Bad(
        "A date and an hour in two columns",
        text(csv(HOURLY.assign(time=HOURS.strftime("%Y-%m-%d"), HE=HOURS.hour + 1))),
        warns=True,
    ),
    Bad(
        "A year, month, day and hour in columns of their own",
        text(csv(PARTED)),
        warns=True,
    ),
    Bad("A step that there is not", lambda folder: Panel.from_array(BLOCK, "2024-01-01", "1 fortnight")),
)

LONG_TABLES = (
    Bad("A long table that is not said to be one", table_of(LONG)),
    Bad("The same, of one series", table_of(LONG[LONG.meter == "north"])),
    Bad("Several columns that may name the series", table_of(LONG.assign(site=LONG.meter), value="kwh")),
    Bad("A column of ids that is not there", table_of(LONG, id="metre", value="kwh")),
    Bad("A column of values that is not there", table_of(LONG.assign(cost=1.5), id="meter", value="price")),
    Bad("Several columns that may hold the values", table_of(LONG.assign(cost=1.5), id="meter")),
    Bad("Rows without an id", table_of(changed(LONG, 7, "meter", None), **METERS)),
    Bad("Ids that are lists", table_of(LONG.assign(meter=[["a"]] * len(LONG)), **METERS)),
    Bad(
        "Ids of two columns that read alike",
        table_of(
            LONG.assign(
                site=np.where(LONG.meter == "north", "a/b", "a"), meter=np.where(LONG.meter == "north", "c", "b/c")
            ),
            id=["site", "meter"],
            value="kwh",
        ),
    ),
    Bad("A label that is the id", table_of(LONG, labels=["meter"], **METERS)),
    Bad("Columns without a role", table_of(LONG.assign(site="x"), **METERS), warns=True),
    Bad("Two rows of a series and time that differ", table_of(pd.concat([LONG, LONG[-1:].assign(kwh=1.0)]), **METERS)),
    Bad(
        "The same, which another column may tell apart",
        table_of(pd.concat([LONG.assign(site=1), LONG[-1:].assign(kwh=1.0, site=2)]), **METERS),
    ),
    Bad(
        "Series with different steps",
        table_of(pd.concat([LONG[:N], DAILY.set_axis(["time", "kwh"], axis=1).assign(meter="shop")]), **METERS),
    ),
    Bad("Rows of a series not in order", table_of(LONG[::-1], **METERS), warns=True),
)

ROLES = (
    Bad("No column of a factor", table_of(HOURLY, factors=[Label("shift")])),
    Bad("No column of a covariate", table_of(HOURLY, covariates=["temp"])),
    Bad("A column that is a label and a covariate", table_of(HOURLY, labels=["south"], covariates=["south"])),
    Bad("A covariate that is no number", table_of(HOURLY.assign(temp="warm"), covariates=["temp"])),
    Bad(
        "A label that differs between the series",
        table_of(LONG.assign(promo=np.where(LONG.meter == "north", "on", "off")), labels=["promo"], **METERS),
    ),
    Bad(
        "A covariate that differs between the series",
        table_of(LONG.assign(price=LONG.kwh), covariates=["price"], **METERS),
    ),
    Bad(
        "A covariate of each series in a wide table",
        table_of(HOURLY.assign(price=1.0), covariates=[Covariate("price", per_series=True)]),
    ),
    Bad(
        "A factor without labels in the training part",
        fitted(HOURLY.assign(shift=[None] * 40 + ["a", "b"] * 10), Label("shift")),
    ),
    Bad("A factor of one class", fitted(HOURLY.assign(shift="a"), Label("shift"))),
    Bad("Classes that training lacks", fitted(HOURLY.assign(shift=["a", "b"] * 20 + ["c"] * 20), Label("shift"))),
    Bad(
        "An order of classes that are text",
        fitted(HOURLY.assign(size=["big", "small"] * 30), Label("size", kind="ordered")),
    ),
    Bad(
        "An order that lacks classes",
        fitted(HOURLY.assign(size=["big", "small"] * 30), Label("size", kind="ordered", order=("big", "huge"))),
    ),
    Bad("Bins of text", fitted(HOURLY.assign(size=["big", "small"] * 30), Label("size", bins=3, kind="ordered"))),
    Bad(
        "Fewer numbers than bins",
        fitted(HOURLY.assign(size=[1.0, 1.0, 2.0] * 20), Label("size", bins=4, kind="ordered")),
        warns=True,
    ),
    Bad("Facts without a fact", table_of(LONG, static=pd.DataFrame({"meter": ["north"]}), **METERS)),
    Bad("Facts twice", table_of(LONG, static=pd.DataFrame({"meter": ["north"] * 2, "area": [1, 2]}), **METERS)),
    Bad("Facts of other series", table_of(LONG, static=pd.DataFrame({"meter": ["west"], "area": [1]}), **METERS)),
    Bad(
        "Facts of some series",
        table_of(LONG, static=pd.DataFrame({"meter": ["north"], "area": [1]}), **METERS),
        warns=True,
    ),
    Bad(
        "Facts of more series",
        table_of(LONG, static=pd.DataFrame({"meter": ["north", "south", "west"], "area": [1, 2, 3]}), **METERS),
        warns=True,
    ),
)

FUTURE = (
    Bad("Nothing of what the model knows", ahead(LATER.drop(columns=["promo", "temp"]).assign(wind=1.0))),
    Bad("A column that is missing", ahead(LATER.drop(columns="temp")), warns=True),
    Bad("Values to forecast", ahead(LATER.assign(sales=1.0)), warns=True),
    Bad("Columns of no use", ahead(LATER.assign(wind=1.0)), warns=True),
    Bad("Rows before the end of the data", ahead(LATER.assign(day=LATER.day - pd.Timedelta("1D"))), warns=True),
    Bad("No row after the end of the data", ahead(LATER.assign(day=LATER.day - pd.Timedelta("9D")))),
    Bad("Rows between the steps", ahead(LATER.assign(day=LATER.day + pd.Timedelta("1h")))),
    Bad("Rows at longer steps", ahead(LATER.assign(day=pd.date_range("2024-03-01", periods=3, freq="7D")))),
    Bad(
        "A row missing between others",
        ahead(LATER.assign(day=LATER.day.where(LATER.index < 2, "2024-03-04"))),
        warns=True,
    ),
    Bad(
        "Other series",
        ahead(
            LATER.assign(time=pd.date_range("2024-01-03 12:00", periods=3, freq="h"), meter="west").drop(columns="day"),
            id="meter",
        ),
    ),
    Bad("Some series, of what each has its own", lambda folder: per_series_future(), warns=True),
    Bad("Rows far apart", ahead(LATER.assign(day=pd.to_datetime(["2024-03-01", "2024-03-02", "2030-03-01"])))),
    Bad(
        "A second table with closed times",
        table_of(SHOP, known=pd.DataFrame({"day": DAYS, "promo": "no"}), labels=["promo"], calendar=BusinessDays()),
        warns=True,
    ),
    Bad("A second table that adds nothing", table_of(DAILY, known=LATER[["day"]].assign(sales=1.0))),
    Bad(
        "Rows at closed times",
        lambda folder: add_future(OPEN, LATER.assign(day=pd.date_range("2024-02-29", periods=3)), [], ["temp"]),
    ),
    Bad("A future of recordings", table_of(TRIALS, recording="rec", known=LATER)),
)

RECORDINGS = (
    Bad("A panel is needed", lambda folder: as_panel("motion")),
    Bad("A rate that cannot be", lambda folder: Recordings.from_arrays([BLOCK], rate=0)),
    Bad("A covariate of recordings", lambda folder: Recordings.from_arrays([BLOCK]).covariate("temp")),
    Bad("No recording", lambda folder: Recordings.from_arrays([])),
    Bad("A recording of another shape", lambda folder: Recordings.from_arrays([BLOCK, BLOCK[:, :1]])),
    Bad("Labels of another number", lambda folder: Recordings.from_arrays([BLOCK, BLOCK], {"move": ["up"]})),
    Bad(
        "Columns that are no channels",
        table_of(TRIALS.assign(row=np.tile(np.arange(30), 2), note="ok"), recording="rec"),
        warns=True,
    ),
    Bad(
        "A factor of the calendar",
        fitted(Recordings.from_arrays([np.random.default_rng(0).normal(size=(60, 2))] * 4), Calendar("hour")),
    ),
    Bad("Too few for every part", lambda folder: split(Recordings.from_arrays([BLOCK, BLOCK]), ByRecording(3, 1, 1))),
    Bad(
        "A group that is not known of each",
        lambda folder: split(
            Recordings.from_arrays([BLOCK] * 3, {"person": ["a", None, "b"]}), ByRecording(3, 1, 1, group="person")
        ),
    ),
    Bad("A split for recordings, of a panel", lambda folder: split(as_panel(HOURLY), ByRecording(3, 1, 1))),
    Bad("A part without rows", lambda folder: split(as_panel(HOURLY[:2]), ByTime(3, 1, 1))),
)

CLOCKS = (
    Bad("Closed times that the rows tell", table_of(SHOP), warns=True),
    Bad(
        "A row at a closed time",
        table_of(DAILY[(DAILY.day.dt.day_of_week < 5) | (DAILY.index == 5)], calendar=BusinessDays("Mon-Fri")),
        warns=True,
    ),
    Bad("Many rows at closed times", table_of(DAILY, calendar=BusinessDays("Mon-Fri"))),
    Bad("Rows at times that are closed for a model", lambda folder: on_slots(as_panel(DAILY), OPEN.clock.slots)),
    Bad(
        "Opening times in which the clock changes",
        table_of(
            local("2024-10-20", 400).pipe(lambda table: table[table.time.dt.hour < 6]),
            tz="Europe/Berlin",
            calendar=BusinessDays("Mon-Sun 00:00-06:00"),
        ),
    ),
    Bad("Closed times of months", lambda folder: Panel.from_array(BLOCK, "2024-01-01", "1MS", calendar=BusinessDays())),
    Bad("A start that is closed", lambda folder: Panel.from_array(BLOCK, "2024-01-06", "1D", calendar=BusinessDays())),
    Bad("A time at which there is no row", lambda folder: as_panel(HOURLY).clock.row_of("2024-01-01T00:30")),
    Bad("A time after the end", lambda folder: as_panel(HOURLY).clock.row_of("2025-01-01")),
    Bad("No time", lambda folder: as_panel(HOURLY).clock.row_of("soon")),
)

STORES = (
    Bad("No rows", stored([])),
    Bad("An infinite value", stored([BLOCK * np.inf])),
    Bad("A chunk of another width", stored([BLOCK[:, :1]])),
    Bad("A covariate of another shape", stored([BLOCK], covariates={"temp": np.ones((4, 3))})),
    Bad("A covariate that is text", stored([BLOCK], covariates={"temp": np.array(["a"] * 4, object)})),
    Bad("A covariate that is one number", stored([BLOCK], covariates={"temp": 3.0})),
    Bad("A covariate of fewer rows", stored([BLOCK], covariates={"temp": np.ones(3)})),
    Bad("A label of another shape", stored([BLOCK], labels={"shift": np.array([["a"] * 3] * 4)})),
    Bad("A fact of another number", stored([BLOCK], static={"area": np.ones(3)})),
    Bad("A wide file that is not sorted", from_parquet(HOURLY[::-1])),
    Bad("Some series of a long file", from_parquet(LONG, channels=["north"], **METERS)),
    Bad("A row of a long file twice", from_parquet(pd.concat([LONG, LONG[-1:]]), **METERS)),
)

LABELS = Label("shift")
SHIFTS = HOURLY.assign(shift=["a", "b"] * 30)


def later(table: pd.DataFrame) -> object:
    """Compare labels with those of a model of SHIFTS."""
    known = as_panel(SHIFTS, labels=["shift"])
    vocabularies = fit_vocabularies(known, [LABELS], split(known, ByTime(3, 1, 1)).train)
    source = read_source(table, labels=["shift"] if "shift" in table else [])
    return check_known(source, [LABELS], vocabularies, split(source, ByTime(3, 1, 1)).test)


def numbers(**columns: Any) -> Callable[[Path], object]:
    """Begin a fit of HOURLY with other values."""
    return fitted(HOURLY.assign(**columns))


SERIES = (
    Bad("No series that varies", numbers(north=7.0, south=0.0)),
    Bad("A series that does not vary", numbers(north=7.0), warns=True),
    Bad("A series without a value", numbers(north=np.nan), warns=True),
    Bad("A series that varies by steps of float32", numbers(north=1e7 + WAVE), warns=True),
    Bad("A value far beyond all others", numbers(north=np.where(np.arange(N) == 55, 1e30, WAVE))),
    Bad("Too few rows for a window", fitted(HOURLY, lookback=50)),
    Bad(
        "Recordings that are too short",
        fitted(Recordings.from_arrays([WAVE[:n, None] for n in (3, 20, 20, 20)]), spec=ByRecording(2, 1, 1)),
        warns=True,
    ),
    Bad("Fewer rows than the look-back of a model", lambda folder: at_least(as_panel(HOURLY), 100), warns=True),
    Bad("No series of a model", lambda folder: align(as_panel(HOURLY), ["west", "east"])),
    Bad("More series than those of a model", lambda folder: align(as_panel(HOURLY), ["north"]), warns=True),
    Bad("Series in another order", lambda folder: align(as_panel(HOURLY), ["south", "north"]), warns=True),
    Bad("No labels of a model", lambda folder: later(HOURLY)),
    Bad("Classes that a model does not know", lambda folder: later(SHIFTS.assign(shift=["a", "c"] * 30))),
    Bad("An array that is no table", lambda folder: Panel.from_array(np.ones((2, 2, 2)), "2024-01-01", "1h")),
    Bad("An array of text", lambda folder: Panel.from_array(np.array([["a"]]), "2024-01-01", "1h")),
    Bad("An empty array", lambda folder: Panel.from_array(np.ones((0, 2)), "2024-01-01", "1h")),
    Bad("Names of another number", lambda folder: Panel.from_array(BLOCK, "2024-01-01", "1h", ["a"])),
    Bad("Rows that there are not", lambda folder: as_panel(HOURLY).rows(5, 99)),
    Bad("No channel", lambda folder: as_panel(HOURLY).select([])),
)

TRIAL = pd.DataFrame({"time": np.arange(30) / 50, "ax": WAVE[:30], "ay": WAVE[30:]})
VISITS = pd.DataFrame({"file": ["a.csv", "b.csv"], "visit": ["first", "second"]})


def files(content: Mapping[str, pd.DataFrame | str], visits: pd.DataFrame | None = None, **told: Any) -> Any:
    """Read a folder of files with one recording each, and perhaps a table of their labels."""

    def act(folder: Path) -> object:
        trials = folder / "trials"
        trials.mkdir()
        for name, table in content.items():
            (trials / name).write_text(table if isinstance(table, str) else csv(table))
        if visits is not None:
            visits.to_csv(folder / "visits.csv", index=False)
            told["known"] = folder / "visits.csv"
        return read_source(trials, **told)

    return act


FOLDERS = (
    Bad("A file without rows", files({"a.csv": TRIAL, "b.csv": "time,ax,ay\n", "c.csv": ""}), warns=True),
    Bad("No file with rows", files({"a.csv": "time,ax,ay\n"})),
    Bad("Files of another kind", files({"a.csv": TRIAL, "notes.docx": "x"}), warns=True),
    Bad(
        "Other columns in a file", files({"a.csv": TRIAL, "b.csv": TRIAL, "c.csv": TRIAL.rename(columns={"ay": "aY"})})
    ),
    Bad("A channel that a file lacks", files({"a.csv": TRIAL, "b.csv": TRIAL[["time", "ax"]]}, channels=["ay"])),
    Bad("Two files of one name", files({"a.csv": TRIAL, "a.txt": TRIAL})),
    Bad("Text in a file of numbers", files({"a.csv": TRIAL, "b.csv": TRIAL, "c.csv": changed(TRIAL, 3, "ay", "off")})),
    Bad("A column with the name of that of the files", files({"a.csv": TRIAL.assign(recording=1.5)})),
    Bad("A rate that does not fit the clock", files({"a.csv": TRIAL}, rate=100)),
    Bad("A file of another rate", files({"a.csv": TRIAL, "b.csv": TRIAL, "c.csv": TRIAL.assign(time=TRIAL.time / 2)})),
    Bad("Rows that are missing by the clock", files({"a.csv": TRIAL.drop(index=[7, 8])}), warns=True),
    Bad("A clock that goes back", files({"a.csv": TRIAL.assign(time=TRIAL.time % 0.5)}, time="time")),
    Bad("A clock without a unit", files({"a.csv": TRIAL.assign(time=TRIAL.time * 1000)})),
    Bad("Neither a clock nor a rate", files({"a.csv": TRIAL[["ax", "ay"]]}), warns=True),
    Bad("Labels of a file that is not there", files({"a.csv": TRIAL}, VISITS), warns=True),
    Bad("A file without a row of labels", files({f"{name}.csv": TRIAL for name in "abc"}, VISITS), warns=True),
    Bad("A row of labels without a name", files({"a.csv": TRIAL}, changed(VISITS, 1, "file", None)), warns=True),
    Bad("Two rows of labels for a file", files({"a.csv": TRIAL}, VISITS.assign(file="a"))),
    Bad("Labels of other files", files({"c.csv": TRIAL}, VISITS)),
)

GROUPS: Mapping[str, tuple[Bad, ...]] = {
    "Files and columns": FILES,
    "Time stamps": STAMPS,
    "Long tables": LONG_TABLES,
    "Labels, covariates and facts": ROLES,
    "Rows of the future, and second tables": FUTURE,
    "Series, and data for a model": SERIES,
    "Recordings and parts": RECORDINGS,
    "Folders of recordings": FOLDERS,
    "Clocks": CLOCKS,
    "Stores": STORES,
}
