"""Shapes of time stamps as text, each with the ways in which it can be read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Stamps = NDArray[np.datetime64]

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OTHER_MONTHS = {"m\u00e4r": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12}
_MONTH_OF = {name: number for number, name in enumerate(_MONTHS, start=1)} | _OTHER_MONTHS

_CLOCK = (
    r"(?:[ T,;]+(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]0+)?)?(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: ?(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})| ?(?:Uhr|h))?)?"
)
_HOUR_ONLY = r"(?:[ T,;]+(?P<h>\d{1,2})\s*(?P<half>[AaPp])\.?[Mm]\.?)"
_DAY = np.timedelta64(1, "D")
_WEEKDAY = r"(?:[A-Za-z]{2,9}\.?,? )?"
_NAME = r"(?P<name>[A-Za-zä]{3,9})"

Parts = Mapping[str, NDArray[np.str_]]
"""Text of each named part of a shape, (text,), empty where a text has none of it."""


class Readings(NamedTuple):
    """One way to read texts.

    Attributes:
        form: how it reads them, as ``strptime`` has it, for messages.
        stamps: (text,) datetime64[s], in UTC where the texts name a zone.
        valid: (text,) whether a text can be read so.
        zoned: whether the texts name a zone.
    """

    form: str
    stamps: Stamps
    valid: NDArray[np.bool_]
    zoned: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of texts.

    Attributes:
        pattern: what a text of this shape matches, with named parts.
        ways: the ways to read it: a form for messages, and what gives the first moment of each text from its parts,
            NaT where there is none.
    """

    pattern: str
    ways: tuple[tuple[str, Callable[[Parts], Stamps]], ...]

    def matches(self, text: str) -> bool:
        """Whether a text has this shape."""
        return _compiled(self.pattern).match(text) is not None

    def fits(self, text: str) -> bool:
        """Whether a text has this shape and can be read in one of the ways."""
        return self.matches(text) and any(reading.valid[0] for reading in self.read([text]))

    def read(self, texts: list[str]) -> list[Readings]:
        """Read texts in each of the ways."""
        parts, matched = _parts(self.pattern, texts)
        clock, zoned = _clock(parts), _zone(parts)
        readings = []
        for form, day in self.ways:
            stamps: Stamps = np.add(day(parts).astype("datetime64[s]"), clock)
            if zoned is not None:
                stamps = np.subtract(stamps, zoned)
            valid = matched & ~np.isnat(stamps)
            readings.append(Readings(_with_clock(form, parts), stamps, valid, zoned is not None))
        return _of_fewest_years(readings) if "%y" in self.ways[0][0] else readings


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _of_fewest_years(readings: list[Readings]) -> list[Readings]:
    """Of readings that take another number as the year, those with the fewest years: years change less than days."""
    complete = [reading for reading in readings if reading.valid.all()] or readings
    years = [len(np.unique(reading.stamps[reading.valid].astype("datetime64[Y]"))) for reading in complete]
    return [reading for reading, count in zip(complete, years, strict=True) if count == min(years)]


def _parts(pattern: str, texts: list[str]) -> tuple[dict[str, NDArray[np.str_]], NDArray[np.bool_]]:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.extract_regex(pa.array(texts, pa.string()), pattern)
    matched = found.is_valid().to_numpy(zero_copy_only=False)
    names = [found.type.field(place).name for place in range(found.type.num_fields)]
    columns = {name: pc.fill_null(pc.struct_field(found, name), "") for name in names}
    return {name: np.array(column.to_pylist(), dtype=str) for name, column in columns.items()}, matched


def _ints(cells: NDArray[np.str_], default: int = -1) -> NDArray[np.int64]:
    return np.where(cells == "", str(default), cells).astype(np.int64)


def _clock(parts: Parts) -> NDArray[np.timedelta64]:
    """Time since midnight, NaT where there can be none; 24:00 is the midnight that follows."""
    if "h" not in parts:
        return np.zeros(1, "timedelta64[s]")
    hours, minutes = _ints(parts["h"], 0), _ints(parts.get("m", np.array([""])), 0)
    seconds = _ints(parts.get("s", np.array([""])), 0)
    half = np.char.lower(parts["half"])
    whole = hours * 3600 + minutes * 60 + seconds
    bad = (hours > 24) | (minutes > 59) | (seconds > 59) | (whole > 86400)
    bad |= (half != "") & ((hours < 1) | (hours > 12))
    if np.any(half != ""):  # then a time without AM and PM is one of the morning or of the evening
        bad |= (half == "") & (parts["h"] != "")
    whole = whole - np.where((half == "a") & (hours == 12), 43200, 0) + np.where((half == "p") & (hours < 12), 43200, 0)
    return np.where(bad, np.timedelta64("NaT", "s"), whole.astype("timedelta64[s]"))


def _zone(parts: Parts) -> NDArray[np.timedelta64] | None:
    """Offset to UTC, NaT where a text names none and others do; None if none does."""
    zones = parts.get("zone")
    if zones is None or not np.any(zones != ""):
        return None
    offsets = {zone: _offset(str(zone)) for zone in np.unique(zones)}
    return np.array([offsets[zone] for zone in zones], dtype="timedelta64[s]")


def _offset(zone: str) -> np.timedelta64:
    if zone == "":
        return np.timedelta64("NaT", "s")
    if zone in ("Z", "UTC", "GMT"):
        return np.timedelta64(0, "s")
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return np.timedelta64(-seconds if zone[0] == "-" else seconds, "s")


def _with_clock(form: str, parts: Parts) -> str:
    """The form of a date with that of the time that the texts have."""
    if "h" not in parts or not np.any(parts["h"] != ""):
        return form
    half = bool(np.any(parts["half"] != ""))
    minutes = ":%M" if "m" in parts else ""
    seconds = ":%S" if "s" in parts and np.any(parts["s"] != "") else ""
    zone = "%z" if "zone" in parts and np.any(parts["zone"] != "") else ""
    return f"{form} {'%I' if half else '%H'}{minutes}{seconds}{' %p' if half else ''}{zone}"


def _days(year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64] | int) -> Stamps:
    """Days of the calendar, NaT where there is no such day."""
    months = np.where((month >= 1) & (month <= 12) & (year >= 1), (year - 1970) * 12 + month - 1, 0)
    first = months.astype("datetime64[M]")
    days = first.astype("datetime64[D]") + (np.asarray(day) - 1) * _DAY
    valid = (
        (month >= 1) & (month <= 12) & (year >= 1) & (np.asarray(day) >= 1) & (days.astype("datetime64[M]") == first)
    )
    return np.where(valid, days, np.datetime64("NaT", "D"))


def _year(cells: NDArray[np.str_]) -> NDArray[np.int64]:
    """Years; those of two digits are of 1969 to 2068, as in strptime."""
    years, short = _ints(cells), np.char.str_len(cells) == 2
    return np.where(short, years + np.where(years < 69, 2000, 1900), years)


def _named_month(cells: NDArray[np.str_]) -> NDArray[np.int64]:
    return np.array([_MONTH_OF.get(str(cell)[:3].lower(), -1) for cell in cells], dtype=np.int64)


def _numbers(year: str, month: str, day: str | None = None) -> Callable[[Parts], Stamps]:
    def read(parts: Parts) -> Stamps:
        return _days(_year(parts[year]), _ints(parts[month]), 1 if day is None else _ints(parts[day]))

    return read


def _named(parts: Parts) -> Stamps:
    return _days(_year(parts["y"]), _named_month(parts["name"]), _ints(parts["d"]) if "d" in parts else 1)


def _share_of_year(months: int) -> Callable[[Parts], Stamps]:
    def read(parts: Parts) -> Stamps:
        return _days(_year(parts["y"]), (_ints(parts["n"]) - 1) * months + 1, 1)

    return read


def _week(parts: Parts) -> Stamps:
    """The Monday of a week of ISO 8601, or the day of it that is named."""
    year, week = _ints(parts["y"]), _ints(parts["w"])
    day = _ints(parts["d"], 1) if "d" in parts else 1
    fourth = _days(year, np.ones_like(year), 4)
    monday = fourth - (fourth.astype(np.int64) + 3) % 7 * _DAY + 7 * (week - 1) * _DAY
    thursday = (monday + 3 * _DAY).astype("datetime64[Y]").astype(np.int64) + 1970
    valid = (week >= 1) & (thursday == year) & ~np.isnat(fourth)
    return np.where(valid, monday + (day - 1) * _DAY, np.datetime64("NaT", "D"))


def _shape(pattern: str, *ways: tuple[str, Callable[[Parts], Stamps]]) -> Shape:
    return Shape(rf"^{pattern}$", ways)


def _dated(sign: str) -> tuple[Shape, ...]:
    """Dates of three numbers with one sign between them."""
    cut, shown = f"[{sign}]", sign
    dmy = f"%d{shown}%m{shown}%Y", _numbers("z", "y", "x")
    mdy = f"%m{shown}%d{shown}%Y", _numbers("z", "x", "y")
    short = tuple((form.replace("%Y", "%y"), way) for form, way in (dmy, mdy))
    year_first = rf"(?P<x>\d{{4}}){cut}(?P<y>\d{{1,2}}){cut}(?P<z>\d{{1,2}})"
    year_last = rf"{_WEEKDAY}(?P<x>\d{{1,2}}){cut}(?P<y>\d{{1,2}}){cut} ?(?P<z>\d{{4}})"
    no_century = rf"(?P<x>\d{{1,2}}){cut}(?P<y>\d{{1,2}}){cut}(?P<z>\d{{2}})"
    found = []
    for clock in (_CLOCK, _HOUR_ONLY):
        found += [
            _shape(year_first + clock, (f"%Y{shown}%m{shown}%d", _numbers("x", "y", "z"))),
            _shape(year_last + clock, dmy, mdy),
            _shape(no_century + clock, *short, (f"%y{shown}%m{shown}%d", _numbers("x", "y", "z"))),
        ]
    return tuple(found)


_COMPACT_DATE = r"(?P<y>\d{4})(?P<n>\d{2})(?P<d>\d{2})"
_COMPACT_CLOCK = r"(?:[T _-]?(?P<h>\d{2}):?(?P<m>\d{2})(?::?(?P<s>\d{2}))?(?P<half>)(?P<zone>Z|[+-]\d{2}:?\d{2})?)?"

SHAPES: tuple[Shape, ...] = (
    *_dated("/"),
    *_dated("."),
    *_dated("-"),
    _shape(rf"{_WEEKDAY}(?P<d>\d{{1,2}})[-/. ]+{_NAME}[-/., ]+(?P<y>\d{{4}}|\d{{2}}){_CLOCK}", ("%d %b %Y", _named)),
    _shape(rf"{_WEEKDAY}{_NAME}[-/. ]+(?P<d>\d{{1,2}})[, ]+(?P<y>\d{{4}}){_CLOCK}", ("%b %d, %Y", _named)),
    _shape(rf"(?P<y>\d{{4}})[-/. ]{_NAME}[-/. ](?P<d>\d{{1,2}}){_CLOCK}", ("%Y-%b-%d", _named)),
    _shape(rf"{_NAME}[-/., ]+(?P<y>\d{{4}}|\d{{2}})", ("%b %Y", _named)),
    _shape(rf"(?P<y>\d{{4}})[-/. ]{_NAME}", ("%Y %b", _named)),
    _shape(r"(?P<y>\d{4})[-/. ]?[Mm]?(?P<n>\d{1,2})", ("%Y-%m", _numbers("y", "n"))),
    _shape(r"(?P<n>\d{1,2})[-/. ](?P<y>\d{4})", ("%m/%Y", _numbers("y", "n"))),
    _shape(r"(?P<y>\d{4})[-/. ]?[QqKk](?P<n>[1-4])", ("YYYYQn", _share_of_year(3))),
    _shape(r"[Qq](?P<n>[1-4])[-/. ]?(?P<y>\d{4}|\d{2})", ("Qn YYYY", _share_of_year(3))),
    _shape(r"(?P<n>[1-4])\.? ?[Qq][-/. ]?(?P<y>\d{4})", ("nQ YYYY", _share_of_year(3))),
    _shape(r"(?P<y>\d{4})[-/. ]?[HhSs](?P<n>[12])", ("YYYYHn", _share_of_year(6))),
    _shape(r"(?P<y>\d{4})[-/. ]?[KkCc]?[Ww](?P<w>\d{1,2})(?:-?(?P<d>[1-7]))?", ("%G-W%V", _week)),
    _shape(r"[KkCc]?[Ww] ?(?P<w>\d{1,2})[-/. ](?P<y>\d{4})", ("W%V %G", _week)),
    _shape(_COMPACT_DATE + _COMPACT_CLOCK, ("%Y%m%d", _numbers("y", "n", "d"))),
    _shape(r"(?P<y>\d{4})(?P<n>\d{2})(?P<d>\d{2})(?P<h>\d{2})(?P<half>)", ("%Y%m%d", _numbers("y", "n", "d"))),
    _shape(r"(?P<y>\d{4})", ("%Y", lambda parts: _days(_ints(parts["y"]), np.ones(len(parts["y"]), np.int64), 1))),
    _shape(rf"(?P<x>\d{{4}})-(?P<y>\d{{2}})-(?P<z>\d{{2}}){_CLOCK}/.*", ("%Y-%m-%d", _numbers("x", "y", "z"))),
)
