"""Time stamps of any kind as UTC seconds, and UTC seconds as local time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.time.double_hour import Undecided, in_standard_time
from divecast.data.time.text_stamps import RowName, count_from_zero, parse_texts
from divecast.errors import DataError

Stamps = NDArray[np.datetime64]

_UTC_NAMES = ("UTC", "ETC/UTC", "Z", "+00:00")


@dataclass(frozen=True, slots=True)
class StampForm:
    """How time stamps are written, where they do not tell it.

    Attributes:
        tz: time zone of stamps that name none, and in which to show them; by default that of the stamps, else UTC.
        text: how texts are written, as ``strptime`` has it; by default found from the texts.
        ends: whether a stamp is the end of the time that its row is about, not the start.
        row_name: names a row, for messages.
    """

    tz: str | None = None
    text: str | None = None
    ends: bool = False
    row_name: RowName = count_from_zero


_PLAIN = StampForm()


def zoned_stamps(
    stamps: Any, tz: str | None = None, group: NDArray[np.int64] | None = None, form: StampForm = _PLAIN
) -> tuple[Stamps, str]:
    """Read time stamps of any kind as UTC, and the time zone in which to show them.

    Stamps with a zone are converted. Stamps without one are local time in ``tz``: of an hour that occurs twice at the
    end of summer time, the order of the rows tells which is which.

    Args:
        stamps: numpy datetime64, a sequence of datetimes or texts, a narwhals series or an Arrow array.
        tz: time zone such as "Europe/Berlin" or "+01:00" of stamps that name none, and in which to show them. By
            default that of the stamps; UTC where they name none or are texts with an offset.
        group: (row,) number of the series of each stamp; the order is that of the rows of a series.
        form: how they are written; its zone counts where ``tz`` is None.

    Returns:
        (row,) datetime64[s] in UTC, and the name of the zone.

    Raises:
        DataError: a stamp is missing, not a time, finer than a second, or never occurred in ``tz``; rows of an hour
            that occurs twice are in no order; or the zone is unknown.
    """
    tz = form.tz if tz is None else tz
    arrow = _as_timestamps(_as_arrow(stamps), form)
    _refuse_missing(arrow, form.row_name)
    zone = _zone_of(arrow) if tz is None else tz
    if arrow.type.tz is None and zone != "UTC":
        wall = _to_seconds(arrow, form.row_name)
        return (_localise_ends if form.ends else _localise)(wall, zone, group, form.row_name), zone
    utc = _to_seconds(arrow, form.row_name)
    local_stamps(utc[:1], zone)
    return utc, zone


def local_stamps(utc: Stamps, tz: str) -> Stamps:
    """Convert UTC stamps, datetime64[s] of any shape, to local time in ``tz``.

    Raises:
        DataError: the zone is unknown.
    """
    if tz == "UTC":
        return utc
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        if not isinstance(tz, str):  # Arrow would take bytes
            raise TypeError(f"it is not text but {type(tz).__name__}")
        zoned = pa.array(utc.ravel(), pa.timestamp("s", tz))  # of UTC
        local: Stamps = pc.local_timestamp(zoned).to_numpy(zero_copy_only=False)
    except (pa.ArrowException, TypeError) as error:
        raise unknown_zone(tz) from error
    return local.reshape(utc.shape)


def localise_shifting(wall: Stamps, tz: str) -> Stamps:
    """Convert computed local times to UTC; one within the gap in spring moves to the end of the gap."""
    if tz == "UTC":
        return wall
    import pyarrow as pa
    import pyarrow.compute as pc

    zoned = pc.assume_timezone(pa.array(wall.ravel()), tz, ambiguous="earliest", nonexistent="latest")
    return _to_seconds(zoned).reshape(wall.shape)


def one_stamp(stamp: str | datetime | np.datetime64, tz: str, *, last: bool = False) -> np.datetime64:
    """Read a single stamp as UTC, as :func:`zoned_stamp` does."""
    return zoned_stamp(stamp, tz, last=last)[0]


def zoned_stamp(
    stamp: str | datetime | np.datetime64, tz: str | None, *, last: bool = False
) -> tuple[np.datetime64, str]:
    """Read a single stamp as UTC, and the time zone in which to show it, as :func:`zoned_stamps` does.

    Args:
        stamp: text or datetime, local time in ``tz`` where it names no zone; or a datetime64, which is UTC.
        tz: time zone; by default that of the stamp, else UTC.
        last: whether a local time that occurs twice, at the end of summer time, is the second of them, not the first.

    Returns:
        The stamp, datetime64[s] in UTC, and the name of the zone.

    Raises:
        DataError: it is not a time, finer than a second, or never occurred in ``tz``; or the zone is unknown.
    """
    is_utc = isinstance(stamp, np.datetime64)
    try:
        arrow = _as_timestamps(_as_arrow(np.array([stamp]) if is_utc else [stamp]), _PLAIN)
    except (DataError, TypeError, ValueError):
        arrow = None
    if arrow is None or arrow.null_count:
        raise DataError(expected='a time such as "2024-06-30 18:00:00" or a datetime', found=repr(stamp))
    zone = tz if tz is not None else "UTC" if is_utc else _zone_of(arrow)
    stamps = _to_seconds(arrow, lambda _: "this one")
    if arrow.type.tz is None and not is_utc and zone != "UTC":
        stamps = _localise_one(stamps, zone, last)
    local_stamps(stamps, zone)
    return stamps[0], zone


def _localise_one(wall: Stamps, tz: str, last: bool) -> Stamps:
    early, late = _both(wall, tz)
    if _skipped(wall, early, late, tz).any():
        next_time = local_stamps(late, tz)[0]
        raise DataError(
            f"{wall[0]} never occurred in {tz}, where the clock skips it at the start of summer time",
            hint=f"Pass another time, such as {next_time}",
        )
    return late if last else early


def unknown_zone(tz: str) -> DataError:
    """The error for a time zone that is unknown."""
    return DataError(expected='a time zone such as "UTC", "Europe/Berlin" or "+01:00"', found=repr(tz), argument="tz")


def _zone_of(arrow: Any) -> str:
    own = arrow.type.tz or "UTC"
    return "UTC" if own.upper() in _UTC_NAMES else own


def _as_arrow(stamps: Any) -> Any:
    import pyarrow as pa

    try:
        return _arrow_of(stamps)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        kinds = ", ".join(dict.fromkeys(type(stamp).__name__ for stamp in stamps))
        raise DataError(
            "Time stamps are of different kinds" if "," in kinds else f"Time stamps cannot be read ({error})",
            found=kinds,
            hint="Convert them to one kind",
        ) from error


def _arrow_of(stamps: Any) -> Any:
    import pyarrow as pa

    if hasattr(stamps, "to_arrow"):
        stamps = stamps.to_arrow()
    if isinstance(stamps, pa.ChunkedArray):
        return stamps.combine_chunks()
    if isinstance(stamps, pa.Array):
        return stamps
    if isinstance(stamps, np.ndarray) and stamps.dtype.kind == "M":
        fine = np.datetime_data(stamps.dtype)[0] in ("ns", "us", "ms", "s", "D")
        return pa.array(stamps if fine else stamps.astype("datetime64[s]"))
    return pa.array(list(stamps))


def _as_timestamps(arrow: Any, form: StampForm) -> Any:
    import pyarrow as pa

    kind = arrow.type
    if pa.types.is_dictionary(kind):
        return _as_timestamps(arrow.dictionary_decode(), form)
    if pa.types.is_timestamp(kind):
        return arrow
    if pa.types.is_date(kind):
        return arrow.cast(pa.timestamp("ms"))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return parse_texts(arrow.cast(pa.string()), form.text, form.row_name)
    if pa.types.is_integer(kind) and (form.text is not None or _has_digits_of_dates(arrow)):
        return parse_texts(arrow.cast(pa.string()), form.text, form.row_name)
    raise DataError(
        expected="time stamps as datetimes, dates or text such as 2024-06-30 18:00",
        found=f"{kind}, the first {arrow[:1].to_pylist()}",
        hint='Name another column in {time}; if these are seconds since 1970, pass "unix" in {time_format}',
    )


def _has_digits_of_dates(arrow: Any) -> bool:
    """Whether whole numbers may be years, or dates without signs between year, month and day."""
    import pyarrow.compute as pc

    span = pc.min_max(arrow).as_py()
    if span["min"] is None:
        return False
    lengths = {len(str(span["min"])), len(str(span["max"]))}
    return lengths == {4} or any(
        lengths == {digits} and str(span["min"])[:2] in ("18", "19", "20", "21") for digits in (6, 8, 10, 12, 14)
    )


def _refuse_missing(arrow: Any, row_name: RowName = count_from_zero) -> None:
    if not arrow.null_count:
        return
    rows = np.flatnonzero(arrow.is_null().to_numpy(zero_copy_only=False))
    raise DataError(
        f"There is no time stamp in {row_name(int(rows[0]))} ({len(rows)} in all)",
        hint="Drop these rows or fill in their time",
    )


def _to_seconds(arrow: Any, row_name: RowName = count_from_zero) -> Stamps:
    import pyarrow as pa

    naive = arrow.cast(pa.timestamp(arrow.type.unit))
    fine: Stamps = naive.to_numpy(zero_copy_only=False)
    stamps = fine.astype("datetime64[s]")
    broken = np.flatnonzero(stamps != fine)
    if len(broken):
        raise DataError(
            f"Time stamps must be whole seconds: {row_name(int(broken[0]))} has {fine[broken[0]]}",
            hint="Round them, or read sensor data as recordings with a {rate}",
        )
    return stamps


def _localise(wall: Stamps, tz: str, group: NDArray[np.int64] | None, row_name: RowName) -> Stamps:
    early, late = _both(wall, tz)
    _refuse_gap(wall, early, late, tz, row_name)
    second = in_standard_time(wall, early, late, group)
    if isinstance(second, Undecided):
        raise DataError(
            f"{wall[second.row]} ({row_name(second.row)}) occurs twice in {tz}, at the end of summer time, and the "
            "rows are not in order of time, so that nothing tells which of them is earlier",
            hint="Put the rows in order of time, or write the stamps with their offset, such as 2024-10-27T02:00+01:00",
            argument="tz",
        )
    known: Stamps = np.where(second, late, early)
    return known


def _both(wall: Stamps, tz: str) -> tuple[Stamps, Stamps]:
    """UTC of local times, as the first and as the second of two equal ones."""
    import pyarrow as pa
    import pyarrow.compute as pc

    naive = pa.array(wall)
    try:
        early = pc.assume_timezone(naive, tz, ambiguous="earliest", nonexistent="latest")
        late = pc.assume_timezone(naive, tz, ambiguous="latest", nonexistent="latest")
    except (pa.ArrowException, TypeError) as error:
        raise unknown_zone(tz) from error
    return _to_seconds(early), _to_seconds(late)


def _localise_ends(wall: Stamps, tz: str, group: NDArray[np.int64] | None, row_name: RowName) -> Stamps:
    """UTC of local times that end steps.

    At a change of the clock they are written in two ways: as what a clock shows at the end of the step, or as the start
    of the step on the clock with the length of a step added, as in 02:45, 03:00, 02:15.
    """
    readings: list[Stamps] = []
    failures: list[DataError] = []
    for begin in (wall, wall - _step(wall)):
        try:
            readings.append(np.add(_localise(begin, tz, group, row_name), wall - begin))
        except DataError as error:
            failures.append(error)
    if not readings:
        raise failures[0]
    return next((utc for utc in readings if not _has_repeats(utc, group)), readings[0])


def skipped_stamps(stamps: Any, form: StampForm) -> NDArray[np.bool_]:
    """Which stamps are local times that the start of summer time skips, (row,); none where they are not local."""
    arrow = _as_timestamps(_as_arrow(stamps), form)
    none = np.zeros(len(arrow), dtype=bool)
    if form.tz in (None, "UTC") or arrow.type.tz is not None or arrow.null_count:
        return none
    wall = _to_seconds(arrow, form.row_name)
    begin = np.subtract(wall, _step(wall)) if form.ends else wall
    return _skipped(begin, *_both(begin, form.tz), form.tz)


def _has_repeats(stamps: Stamps, group: NDArray[np.int64] | None) -> bool:
    keys = (stamps,) if group is None else (stamps, group)
    order = np.lexsort(keys)
    same = np.all([key[order][1:] == key[order][:-1] for key in keys], axis=0)
    return bool(np.any(same))


def _skipped(wall: Stamps, early: Stamps, late: Stamps, tz: str) -> NDArray[np.bool_]:
    # In a gap both readings collapse to its edge, so only reading them back tells a gap from a plain stamp.
    skipped: NDArray[np.bool_] = (local_stamps(early, tz) != wall) & (local_stamps(late, tz) != wall)
    are_dates = np.array_equal(wall, wall.astype("datetime64[D]"))
    return skipped & (not are_dates)  # a day whose midnight is in a gap begins at its edge


def _step(wall: Stamps) -> np.timedelta64:
    """The most frequent step between different local times; 0 if there is none."""
    steps, counts = np.unique(np.diff(np.unique(wall)), return_counts=True)
    return steps[np.argmax(counts)] if len(steps) else np.timedelta64(0, "s")


def _refuse_gap(wall: Stamps, early: Stamps, late: Stamps, tz: str, row_name: RowName) -> None:
    nonexistent = np.flatnonzero(_skipped(wall, early, late, tz))
    if len(nonexistent):
        raise DataError(
            f"{wall[nonexistent[0]]} ({row_name(int(nonexistent[0]))}, {len(nonexistent)} in all) never occurred in "
            f"{tz}, where the clock skips it at the start of summer time",
            hint=f'If the stamps are UTC, pass "UTC" in {{tz}} and name the zone in the factors, as "hour@{tz}"; if '
            "every day is written with as many rows, leave these rows empty",
            argument="tz",
        )
