"""Answers with what a number needs beside it, within a number of rows and bytes; what is cut is said."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from divecast._text import plural, visible
from divecast.agents.desk import Desk
from divecast.agents.questions import OfRows
from divecast.errors import ConfigError

MOST_BYTES = 64_000
_MOST_WARNINGS, _MOST_RECORDS, _DIGITS = 10, 50, 6


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool has found.

    Attributes:
        facts: values by name.
        columns: names of the columns of the table; empty without one.
        rows: rows of the table.
        series: series whose record stands beside the numbers.
        interval: what the intervals are, in words; None if there are none.
        note: what else to know of the numbers.
    """

    facts: dict[str, Any]
    columns: tuple[str, ...] = ()
    rows: Sequence[Sequence[Any]] = field(default_factory=list)
    series: tuple[str, ...] = ()
    interval: str | None = None
    note: str | None = None


def answer_of(desk: Desk, tool: str, found: Found, page: OfRows | None, warned: Sequence[str]) -> dict[str, Any]:
    """Return an answer as JSON values.

    Raises:
        ConfigError: the answer is too large even without a table.
    """
    page = page or OfRows(limit=100)
    n_rows = len(found.rows)
    shown = found.rows[page.offset : page.offset + page.limit]
    if page.offset and page.offset >= n_rows:
        raise ConfigError(f"The table has {plural(n_rows, 'row')}", hint="Use a smaller {offset}", argument="offset")
    plain_rows = [[plain(cell) for cell in row] for row in shown]
    while True:
        answer = _answer(desk, tool, found, page, plain_rows, warned)
        if len(json.dumps(answer)) <= MOST_BYTES:
            return answer
        if not plain_rows:
            raise ConfigError(
                "The answer is too large", expected=f"at most {MOST_BYTES:,} bytes", hint="Name fewer {series}"
            )
        plain_rows = plain_rows[: len(plain_rows) // 2]


def _answer(
    desk: Desk,
    tool: str,
    found: Found,
    page: OfRows,
    rows: list[list[Any]],
    warned: Sequence[str],
) -> dict[str, Any]:
    answer: dict[str, Any] = {"tool": tool, **plain(found.facts)}
    if found.columns:
        n_rows, last = len(found.rows), page.offset + len(rows)
        answer["table"] = {"columns": [*found.columns], "rows": rows, "rows_in_all": n_rows, "offset": page.offset}
        if last < n_rows:
            shown = f"Rows {page.offset + 1} to {last} of {n_rows} are shown"
            answer["cut"] = f"{shown}. For the rest ask again with offset={last}."
    answer["units"] = desk.unit or "the units of the data, which are not known"
    answer["time_zone"] = desk.zone or "none: times are seconds since the start of a recording"
    if found.interval is not None:
        answer["interval"] = found.interval
    if found.series:
        answer["how_well_this_has_worked"] = _record(desk, _shown_series(found, rows))
    if found.note is not None:
        answer["note"] = found.note
    if warned:
        answer["warnings"] = [*map(visible, warned[:_MOST_WARNINGS])]
    return answer


def _shown_series(found: Found, rows: list[list[Any]]) -> tuple[str, ...]:
    if "series" not in found.columns:
        return found.series
    there = {row[found.columns.index("series")] for row in rows}
    return tuple(name for name in found.series if name in there) or found.series


def _record(desk: Desk, series: Sequence[str]) -> dict[str, Any]:
    """Return how well forecasts of some series have done on the test part."""
    reason = desk.no_record()
    if reason is not None:
        return {"known": False, "why": reason}
    record = desk.record()
    names = [name for name in series if record.of(name) is not None][:_MOST_RECORDS]
    found = [each for each in map(record.of, names) if each is not None]
    return {
        "known": True,
        "part": record.part,
        "n_forecasts": record.n_forecasts,
        "rival": record.rival,
        "intervals_should_hold": record.nominal,
        "columns": ["series", "mean_absolute_error", "that_of_the_rival", "share_that_intervals_held"],
        "rows": [[each.series, plain(each.mae), plain(each.rival_mae), plain(each.coverage)] for each in found],
        **({"cut": f"{len(names)} of {len(series)} series"} if len(names) < len(series) else {}),
    }


def plain(value: Any) -> Any:
    """Return a value as JSON has it: numbers with six digits, times as text, what is not finite as null."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(each) for each in value]
    return _plain_cell(value.item() if isinstance(value, np.generic) else value)


def _plain_cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None
    return visible(value.isoformat() if isinstance(value, datetime) else str(value))


def table_of(desk: Desk, frame: Any, drop: Sequence[str] = ()) -> tuple[tuple[str, ...], list[list[Any]]]:
    """Return columns and rows of a pyarrow table: ``unique_id`` is named series, ``ds`` time, in the zone of data."""
    names = [name for name in frame.column_names if name not in drop]
    columns = [frame.column(name).to_pylist() for name in names]
    if desk.zone is not None:
        columns = [[_in_zone(cell, desk.zone) for cell in column] for column in columns]
    renamed = {"unique_id": "series", "ds": "time"}
    return tuple(renamed.get(name, name) for name in names), [list(row) for row in zip(*columns, strict=True)]


def _in_zone(cell: Any, zone: str) -> Any:
    """Return a time that names its zone as one of another zone; anything else as it is."""
    if isinstance(cell, datetime) and cell.tzinfo is not None:
        return cell.astimezone(ZoneInfo(zone))
    return cell
