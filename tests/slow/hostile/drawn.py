"""Strategies for tables that no one would wish for."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from slow.hostile.tables import Table

KINDS = ("pandas", "polars", "pyarrow")
ZONES = (None, "UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "+05:30", "Asia/Kathmandu")
NO_ZONES = ("Mars/Olympus", "", "../../etc/passwd", "+99:00", "Europe/Berlin\x00", "utc", "EST5EDT", 5)
STEPS = ("1s", "10s", "15min", "30min", "1h", "1D", "1W", "1MS", "1ME", "1QS", "1YS")
NO_STEPS = ("", "h h", "0h", "-1h", "1.5h", "99999999999999999999h", "9223372036854775807s", "1e3s", "²h", "1B", 3600)
STARTS = (
    "2024-02-28T00:00:00",  # before a leap day
    "2023-12-31T22:00:00",
    "2024-03-30T23:00:00",  # before the hour that Europe lacks
    "2024-10-26T22:00:00",  # before the hour that Europe has twice
    "2024-04-06T00:00:00",  # Lord Howe goes back by half an hour
    "1969-12-31T20:00:00",  # before 1970, as numbers below 0
    "1899-12-31T00:00:00",
    "1582-10-04T00:00:00",
    "0001-01-01T00:00:00",
    "1677-09-21T00:12:44",  # the ends of nanoseconds
    "2262-04-11T23:00:00",
    "9999-12-31T00:00:00",
)
NAMES = (
    "load",
    "",
    " ",
    "a,b",
    'say "x"',
    "line\nbreak",
    "<script>alert(1)</script>",
    "&amp;",
    "Zürich",
    "e\u0301",  # a letter and its accent apart
    "日本",
    "🔌",
    "\u202eleft",
    "nul\x00",
    "x" * 300,
    "None",
    "nan",
    "0",
    "1e5",
    "=1+1",
    "{x}",
    "%s",
    "a.b",
    "../../x",
)
TAKEN = ("ds", "y", "unique_id", "time", "date", "step", "origin", "end", "mean", "q0.5", "sample", "recording", "hour")


def often(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """Draw the usual in nine of ten cases, so that a table has one fault rather than ten, and some have none."""
    return st.integers(0, 10 * len(others) - 1).map(lambda at: others[at // 10] if at % 10 == 9 else usual)


def names(extra: Sequence[str] = TAKEN) -> st.SearchStrategy[str]:
    """Names of columns, series, channels, labels."""
    return st.one_of(st.sampled_from(NAMES), st.sampled_from(extra), st.text(max_size=8))


GOOD_FLOATS = st.floats(-1e6, 1e6, width=32).map(float)
HARD_FLOATS = st.sampled_from(
    [math.nan, math.inf, -math.inf, 1e300, -1e300, 3.4e38, 1e30, 1e20, 5e-324, 1e-45, 1e-38, -0.0, 0.1, 2.0**53 + 1]
)


@st.composite
def floats(draw: st.DrawFn, rows: int) -> list[Any]:
    """Return a column of floats: plain, with a block missing at an edge, flat, empty, or with one hard value."""
    how = draw(often("plain", "edge", "flat", "missing", "hard", "mixed"))
    if how == "missing":
        return [draw(st.sampled_from([math.nan, None]))] * rows
    if how == "flat":
        return [draw(GOOD_FLOATS | HARD_FLOATS)] * rows
    cells: list[Any] = draw(st.lists(GOOD_FLOATS, min_size=rows, max_size=rows))
    if rows and how == "hard":
        cells[draw(st.integers(0, rows - 1))] = draw(HARD_FLOATS)
    if how == "edge":
        cut = draw(st.integers(0, rows))
        cells = [math.nan] * cut + cells[cut:] if draw(st.booleans()) else cells[:cut] + [None] * (rows - cut)
    if how == "mixed":
        cells = [draw(HARD_FLOATS) if draw(st.booleans()) else cell for cell in cells]
    return cells


NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(2**63, 2**70),
    st.just(10**400),
    st.booleans(),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.just(Decimal("1e400")),
    st.just(Fraction(1, 3)),
    st.just(np.float16(0.5)),
    st.just(np.int8(3)),
)
THINGS = st.one_of(
    st.none(),
    NUMBERS,
    names(),
    st.sampled_from(["1.5", " 2 ", "1,5", "n/a", "-"]),
    st.binary(max_size=3),
    st.just(date(2024, 2, 29)),
    st.just(datetime(2024, 2, 29, 1, tzinfo=UTC)),
    st.just(timedelta(hours=1)),
    st.just(1 + 2j),
    st.just([1, 2]),
    st.just({"a": 1}),
    st.just(pd.NaT),
    st.just(pd.NA),
)


@st.composite
def cells(draw: st.DrawFn, rows: int) -> list[Any]:
    """Return a column of anything: mostly floats, else numbers of other kinds, one thing repeated, or a mixture."""
    how = draw(often("floats", "integers", "numbers", "one", "things", "odd"))
    if how == "floats":
        return draw(floats(rows))
    if how == "integers":
        return draw(st.lists(st.integers(-(2**31), 2**31), min_size=rows, max_size=rows))
    if how == "numbers":
        kind = draw(
            st.sampled_from([st.booleans(), st.decimals(-1000, 1000, places=3), st.integers(0, 2**64 - 1), NUMBERS])
        )
        return draw(st.lists(kind, min_size=rows, max_size=rows))
    if how == "one":
        return [draw(THINGS)] * rows
    if how == "odd" and rows:
        column: list[Any] = draw(floats(rows))
        column[draw(st.integers(0, rows - 1))] = draw(THINGS)
        return column
    return draw(st.lists(THINGS, min_size=rows, max_size=rows))


DTYPES = often("plain", "category", "Int64", "Float64", "object", "decimal")


def regular(start: str, step: str, rows: int) -> list[datetime | None]:
    """Return naive stamps on a step, as far as years go from 1 to 9999."""
    first = np.datetime64(start, "s")
    counts = {"1MS": 1, "1ME": 1, "1QS": 3, "1YS": 12}
    if step in counts:
        months = first.astype("datetime64[M]") + counts[step] * np.arange(rows)
        stamps = (months + 1).astype("datetime64[D]") - 1 if step == "1ME" else months
    else:
        seconds = {"1s": 1, "10s": 10, "15min": 900, "30min": 1800, "1h": 3600, "1D": 86400, "1W": 604800}[step]
        stamps = first + np.arange(rows) * np.timedelta64(seconds, "s")
    inside = stamps.astype("datetime64[s]") <= np.datetime64("9999-12-31T23:59:59")
    return [
        stamp if isinstance(stamp, datetime) else None for stamp in stamps[inside].astype("datetime64[us]").tolist()
    ]


FORMS = (
    "utc",
    "berlin",
    "lord_howe",
    "offset",
    "date",
    "text",
    "text_offset",
    "text_mixed",
    "ns",
    "epoch",
    "day_first",
    "rubbish",
)


def in_form(stamps: Sequence[Any], form: str) -> list[Any]:
    """Return stamps in the form a table might have them."""
    berlin, lord_howe, offset = (
        ZoneInfo("Europe/Berlin"),
        ZoneInfo("Australia/Lord_Howe"),
        timezone(timedelta(hours=5.5)),
    )
    forms: dict[str, Callable[[datetime], Any]] = {
        "utc": lambda s: s.replace(tzinfo=UTC),
        "berlin": lambda s: s.replace(tzinfo=berlin),
        "lord_howe": lambda s: s.replace(tzinfo=lord_howe),
        "offset": lambda s: s.replace(tzinfo=offset),
        "date": lambda s: s.date(),
        "text": lambda s: s.isoformat(" "),
        "text_offset": lambda s: f"{s.isoformat()}+05:30",
        "text_mixed": lambda s: s.isoformat() + ("Z" if s.second % 2 or s.hour % 2 else ""),
        "ns": lambda s: np.datetime64(s, "ns"),
        "epoch": lambda s: int(s.replace(tzinfo=UTC).timestamp()),
        "day_first": lambda s: s.strftime("%d.%m.%Y %H:%M"),
        "rubbish": lambda s: f"at {s}",
    }
    return [None if stamp is None else forms.get(form, lambda s: s)(stamp) for stamp in stamps]


@st.composite
def stamps(draw: st.DrawFn, rows: int) -> list[Any]:
    """Return a column of times: regular or with one fault, in any form."""
    first = draw(often(st.sampled_from(STARTS[:5]), st.sampled_from(STARTS)).flatmap(lambda starts: starts))
    plain: list[Any] = regular(first, draw(st.sampled_from(STEPS)), rows)
    plain += [None] * (rows - len(plain))
    fault = draw(often("none", "double", "swap", "lack", "fine", "far", "same"))
    at = draw(st.integers(0, max(0, rows - 1)))
    if rows and plain[at] is not None:
        other = plain[draw(st.integers(0, rows - 1))]
        if fault == "double":
            plain[at] = other
        if fault == "swap":
            plain = plain[at:] + plain[:at]
        if fault == "lack":
            plain[at] = None
        if fault == "fine":
            plain[at] = plain[at].replace(microsecond=draw(st.sampled_from([1, 500_000])))
        if fault == "far":
            plain[at] = datetime(draw(st.sampled_from([1, 1700, 2500, 9999])), 1, 1)
        if fault == "same":
            plain = [plain[at]] * rows
    return in_form(plain, draw(often("naive", *FORMS)))


ROWS = often(8, 0, 1, 2, 3, 30)


@st.composite
def wide(draw: st.DrawFn, rows: st.SearchStrategy[int] = ROWS) -> Table:
    """Return a wide table: a column of times, mostly, and columns of cells."""
    n = draw(rows)
    titles: list[Any] = draw(st.lists(names(NAMES), min_size=1, max_size=4, unique=draw(often(True, False))))
    titles += draw(often([], [0], [None], [("a", 1)], [1.5], [math.nan], [True], [], [*TAKEN[:3]], ["date"]))
    columns = [draw(cells(n)) for _ in titles]
    kinds = [draw(DTYPES) for _ in titles]
    index = None
    if draw(often(True, False)):
        at, name = draw(st.integers(0, len(titles))), draw(often("time", "ds", "when", "Zeit"))
        titles.insert(at, name)
        columns.insert(at, draw(stamps(n)))
        kinds.insert(at, draw(often("plain", "category", "object")))
    else:
        index = _index(draw(stamps(n)), draw(st.sampled_from(["datetime", "period", "plain"])))
    return Table(tuple(titles), tuple(columns), tuple(kinds), draw(st.sampled_from(KINDS)), index)


def _index(moments: list[Any], kind: str) -> Any:
    try:
        if kind == "period":
            return pd.PeriodIndex(moments, freq="h")
        return pd.DatetimeIndex(moments, name="when") if kind == "datetime" else pd.Index(moments)
    except (TypeError, ValueError, OverflowError):
        return None


@st.composite
def long(draw: st.DrawFn) -> Table:
    """Return a long table: series of one clock, some shorter, rows shuffled or not, any values."""
    n, who = (
        draw(ROWS),
        draw(st.lists(often(names(), THINGS).flatmap(lambda made: made), min_size=1, max_size=3, unique_by=str)),
    )
    moments = draw(stamps(n))
    rows = [(name, moment) for name in who for moment in moments]
    if draw(st.booleans()):
        rows = draw(st.permutations(rows)) if len(rows) < 40 else rows[::-1]
    gone = draw(st.integers(0, len(rows)))
    rows = rows[: len(rows) - gone // 4]
    columns = [[name for name, _ in rows], [moment for _, moment in rows], draw(cells(len(rows)))]
    kinds = (draw(DTYPES), "plain", draw(DTYPES))
    extra = draw(st.booleans())
    if extra:
        columns.append(draw(cells(len(rows))))
    titles = ("unique_id", "ds", "y", "label")[: 3 + extra]
    return Table(titles, tuple(columns), (*kinds, "plain")[: 3 + extra], draw(st.sampled_from(KINDS)))
