"""What the shell must do with each table: read it so, or refuse it so."""

from collections.abc import Callable
from dataclasses import dataclass

from cli.cases import tables as t

FOUR = ("s0", "s1", "s2", "s3")
NEXT_HOURS = tuple(f"2024-01-18 0{hour}:00:00" for hour in range(4))
METERS = "--id meter --value kwh"


@dataclass(frozen=True)
class Fits:
    """A table that is fitted and forecast.

    Attributes:
        kind: what it is a case of.
        make: writes it.
        options: at the shell, beside lengths.
        series: the series forecast.
        stamps: of the forecasts, as written.
        said: what stderr says of how it was read, in regular expressions.
        lengths: look-back and horizon; the defaults adapt to short data.
        rows: of the panel.
        at_fit: what stderr says at the fit, not when the table is read.
    """

    kind: str
    make: Callable[[], str]
    options: str = ""
    series: tuple[str, ...] = ("s0", "s1")
    stamps: tuple[str, ...] = NEXT_HOURS
    said: tuple[str, ...] = ()
    lengths: str = "--lookback 24 --horizon 4"
    rows: int = t.ROWS
    at_fit: str = ""


@dataclass(frozen=True)
class Refused:
    """A table that is refused with a message, a regular expression, which names the option that reads it."""

    kind: str
    make: Callable[[], str]
    message: str
    options: str = ""


def _long(name: str) -> Callable[[], str]:
    id_, time, value = name.split()
    return lambda: t.csv(t.long(id_, time, value))


FITS = (
    Fits("long, other names", lambda: t.csv(t.long()), METERS, FOUR, said=("Read 4 series .*series by 'meter'",)),
    *(
        Fits(
            f"long, {names}",
            _long(names),
            series=FOUR,
            said=(f"Read 4 series .long table, series by '{names.split()[0]}'",),
        )
        for names in ("item_id timestamp target", "series_id date value")
    ),
    Fits(
        "long, two keys",
        t.two_keys,
        "--id store --id item --value kwh",
        ("1/101", "2/101", "1/102", "2/102"),
        said=("series by 'store' and 'item'",),
    ),
    Fits("long, zero-padded ids", lambda: t.numbered("00{}"), METERS, ("000", "001", "002", "003")),
    Fits("long, an id NA", t.named_na, METERS, ("s0", "s1", "NA", "s3")),
    Fits("long, ragged", t.ragged, METERS, FOUR, said=(r"0\.1 of the values missing",)),
    Fits("long, launched late", t.launched_late, METERS, FOUR, at_fit="'s3' "),
    Fits("long, constant", t.constant, METERS, FOUR, at_fit="'s0' "),
    Fits("semicolons, decimal commas", lambda: t.csv(t.wide(), sep=";", decimal=",")),
    Fits("the same, told", lambda: t.csv(t.wide(), sep=";", decimal=","), '--sep ";" --decimal ,'),
    Fits("tabs", lambda: t.csv(t.wide(), sep="\t")),
    Fits("thousands", t.thousands, "--thousands ,"),
    Fits("words for missing", lambda: t.missing("n/a", "-"), said=(r"0\.013 of the values missing",)),
    Fits("another word for missing", lambda: t.missing("?"), '--na "?"', said=("of the values missing",)),
    Fits("day first", lambda: t.stamped("%d/%m/%Y %H:%M")),
    Fits("dots", lambda: t.stamped("%d.%m.%Y %H:%M")),
    Fits("month first, 12 hours", lambda: t.stamped("%m/%d/%Y %I:%M %p")),
    Fits("counted rows", lambda: t.csv(t.wide(), index=True), said=("has no name .*left out",)),
    Fits(
        "months",
        lambda: t.csv(t.months()),
        series=("r0", "r1", "r2"),
        stamps=tuple(f"2024-{month:02}-01" for month in range(1, 13)),
        lengths="--horizon 12",
        rows=72,
        at_fit="look-back",
    ),
    Fits(
        "months as text",
        lambda: t.stamped("%Y-%m", t.months()),
        series=("r0", "r1", "r2"),
        stamps=tuple(f"2024-{month:02}-01 00:00:00" for month in range(1, 5)),
        lengths="--horizon 4",
        rows=72,
    ),
    Fits(
        "quarters as text",
        t.quarters,
        series=("r0", "r1", "r2"),
        stamps=tuple(f"2028-{month:02}-01 00:00:00" for month in (1, 4, 7, 10)),
        lengths="--horizon 4",
        rows=40,
    ),
    Fits(
        "business days",
        t.business_days,
        series=("p0", "p1"),
        stamps=tuple(f"2023-01-{day:02}" for day in range(2, 7)),
        said=("Mon-Fri",),
        lengths="--lookback 20 --horizon 5",
        rows=260,
    ),
    Fits(
        "opening hours",
        t.opening_hours,
        series=("s0",),
        stamps=tuple(f"2024-01-31 {hour:02}:00:00" for hour in range(9, 17)),
        said=("09:00-17:00",),
        lengths="--lookback 24 --horizon 8",
    ),
    Fits(
        "local time in autumn",
        t.autumn,
        "--tz Europe/Berlin",
        stamps=tuple(f"2024-10-30 0{hour}:00:00" for hour in range(1, 5)),
    ),
    Fits(
        "the same, newest first",
        lambda: t.autumn(newest_first=True),
        "--tz Europe/Berlin",
        stamps=tuple(f"2024-10-30 0{hour}:00:00" for hour in range(1, 5)),
    ),
    Fits(
        "recordings, labels by row",
        t.recordings,
        "--recording rec --factor activity",
        ("ax", "ay"),
        said=("'row' .counts the rows. left out",),
    ),
)

REFUSED = (
    Refused("long, not said to be", lambda: t.csv(t.long()), "looks like a long table.* --id meter and --value kwh"),
    Refused("long, two keys", t.two_keys, "looks like a long table.* --id store --id item and --value kwh"),
    Refused("other text", lambda: t.missing("closed"), r"'closed' in line \d+ of table.csv .*--na "),
    Refused("no header", lambda: t.csv(t.wide(), header=False), "looks like data.*Add a first line"),
    Refused("thousands or decimals", t.thousands, "--thousands .*--decimal"),
    Refused("day or month first", t.ambiguous_days, "is 5 January 2024 or 1 May 2024.*%d/%m/%Y.*--time-format"),
    Refused("an hour that occurs twice", t.autumn, "occurs twice, as at the end of summer time.*--tz"),
)
