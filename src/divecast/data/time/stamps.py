"""Time stamps of any kind as UTC seconds, and UTC seconds as local time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.errors import DataError

Stamps = NDArray[np.datetime64]

_UTC_NAMES = ("UTC", "ETC/UTC", "Z", "+00:00")


def zoned_stamps(stamps: Any, tz: str | None = None, group: NDArray[np.int64] | None = None) -> tuple[Stamps, str]:
    """Read time stamps of any kind as UTC, and the time zone in which to show them.

    Stamps with a zone are converted. Stamps without one are local time in ``tz``: of an hour that occurs twice at the
    end of summer time, the first appearance is summer time.

    Args:
        stamps: numpy datetime64, a sequence of datetimes or ISO 8601 texts, a narwhals series or an Arrow array.
        tz: time zone such as "Europe/Berlin" or "+01:00" of stamps that name none, and in which to show them. By
            default that of the stamps; UTC where they name none or are texts with an offset.
        group: (row,) number of the series of each stamp; appearances are counted per series.

    Returns:
        (row,) datetime64[s] in UTC, and the name of the zone.

    Raises:
        DataError: a stamp is missing, not a time, finer than a second, or never occurred in ``tz``; or the zone is
            unknown.
    """
    arrow = _as_timestamps(_as_arrow(stamps))
    _refuse_missing(arrow)
    zone = _zone_of(arrow) if tz is None else tz
    if arrow.type.tz is None and zone != "UTC":
        return _localise(_to_seconds(arrow), zone, group), zone
    utc = _to_seconds(arrow)
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
        zoned = pa.array(utc.ravel()).cast(pa.timestamp("s", "UTC")).cast(pa.timestamp("s", tz))
        local: Stamps = pc.local_timestamp(zoned).to_numpy(zero_copy_only=False).astype("datetime64[s]")
    except (pa.ArrowException, TypeError) as error:
        raise unknown_zone(tz, error) from error
    return local.reshape(utc.shape)


def localise_shifting(wall: Stamps, tz: str) -> Stamps:
    """Convert computed local times to UTC; one within the gap in spring moves to the end of the gap."""
    if tz == "UTC":
        return wall
    import pyarrow as pa
    import pyarrow.compute as pc

    zoned = pc.assume_timezone(pa.array(wall.ravel()), tz, ambiguous="earliest", nonexistent="latest")
    return _to_seconds(zoned).reshape(wall.shape)


def one_stamp(stamp: str | datetime | np.datetime64, tz: str) -> np.datetime64:
    """Read a single stamp as UTC, as :func:`zoned_stamp` does."""
    return zoned_stamp(stamp, tz)[0]


def zoned_stamp(stamp: str | datetime | np.datetime64, tz: str | None) -> tuple[np.datetime64, str]:
    """Read a single stamp as UTC, and the time zone in which to show it, as :func:`zoned_stamps` does.

    Args:
        stamp: text or datetime, local time in ``tz`` where it names no zone; or a datetime64, which is UTC.
        tz: time zone; by default that of the stamp, else UTC.

    Returns:
        The stamp, datetime64[s] in UTC, and the name of the zone.

    Raises:
        DataError: it is not a time, finer than a second, or never occurred in ``tz``; or the zone is unknown.
    """
    is_utc = isinstance(stamp, np.datetime64)
    try:
        arrow = _as_timestamps(_as_arrow(np.array([stamp]) if is_utc else [stamp]))
    except (DataError, TypeError, ValueError):
        arrow = None
    if arrow is None or arrow.null_count:
        raise DataError(expected='a time such as "2024-06-30 18:00:00" or a datetime', found=repr(stamp))
    utc, zone = zoned_stamps(arrow, "UTC" if is_utc else tz)
    zone = tz or "UTC" if is_utc else zone
    local_stamps(utc, zone)
    return utc[0], zone


def unknown_zone(tz: str, error: Exception) -> DataError:
    """The error for a time zone that is unknown."""
    return DataError(
        expected='a time zone such as "UTC", "Europe/Berlin" or "+01:00"', found=f"{tz!r} ({error})", argument="tz"
    )


def _zone_of(arrow: Any) -> str:
    own = arrow.type.tz or "UTC"
    return "UTC" if own.upper() in _UTC_NAMES else own


def _as_arrow(stamps: Any) -> Any:
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
    return _sequence_to_arrow(stamps)


def _sequence_to_arrow(stamps: Sequence[Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.array(list(stamps))
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(f"Time stamps are of different kinds ({error})", hint="Convert them to one kind") from error


def _as_timestamps(arrow: Any) -> Any:
    import pyarrow as pa

    kind = arrow.type
    if pa.types.is_dictionary(kind):
        return _as_timestamps(arrow.dictionary_decode())
    if pa.types.is_timestamp(kind):
        return arrow
    if pa.types.is_date(kind):
        return arrow.cast(pa.timestamp("ms"))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _parse(arrow)
    raise DataError(
        expected="time stamps as datetimes, dates or ISO 8601 text",
        found=f"{kind}, the first {arrow[:1].to_pylist()}",
        hint="Convert the column to datetimes",
    )


def _parse(arrow: Any) -> Any:
    import pyarrow as pa

    for target in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return arrow.cast(target)
        except pa.ArrowInvalid as error:
            reason = error
    raise DataError(
        expected="time stamps as ISO 8601 text such as 2024-06-30 18:00:00",
        found=f"{arrow[:1].to_pylist()} and others ({reason})",
        hint="Convert the column to datetimes",
    ) from reason


def _refuse_missing(arrow: Any) -> None:
    if not arrow.null_count:
        return
    rows = np.flatnonzero(arrow.is_null().to_numpy(zero_copy_only=False))
    raise DataError(
        f"Rows {rows[:5].tolist()} have no time stamp (counting from 0, {len(rows)} in all)",
        hint="Drop these rows or fill in their time",
    )


def _to_seconds(arrow: Any) -> Stamps:
    import pyarrow as pa

    naive = arrow.cast(pa.timestamp(arrow.type.unit))
    fine: Stamps = naive.to_numpy(zero_copy_only=False)
    stamps = fine.astype("datetime64[s]")
    broken = np.flatnonzero(stamps != fine)
    if len(broken):
        raise DataError(
            f"Time stamps must be whole seconds: row {broken[0]} has {fine[broken[0]]}",
            hint="Round them, or read sensor data as recordings with a {rate}",
        )
    return stamps


def _localise(wall: Stamps, tz: str, group: NDArray[np.int64] | None) -> Stamps:
    import pyarrow as pa
    import pyarrow.compute as pc

    naive = pa.array(wall)
    try:
        early = _to_seconds(pc.assume_timezone(naive, tz, ambiguous="earliest", nonexistent="earliest"))
        after = _to_seconds(pc.assume_timezone(naive, tz, ambiguous="latest", nonexistent="latest"))
    except (pa.ArrowException, TypeError) as error:
        raise unknown_zone(tz, error) from error
    _refuse_gap(wall, early, after, tz)
    ambiguous = np.flatnonzero(early != after)
    if len(ambiguous):
        second = _appearance(wall[ambiguous], None if group is None else group[ambiguous]) > 0
        early[ambiguous[second]] = after[ambiguous[second]]
    return early


def _refuse_gap(wall: Stamps, early: Stamps, after: Stamps, tz: str) -> None:
    # In a gap both readings collapse to its edge, so only reading them back tells a gap from a plain stamp.
    nonexistent = np.flatnonzero((local_stamps(early, tz) != wall) & (local_stamps(after, tz) != wall))
    if len(nonexistent):
        raise DataError(
            f"{wall[nonexistent[0]]} (row {nonexistent[0]}, {len(nonexistent)} in all) never occurred in {tz}, where "
            "the clock skips it at the start of summer time",
            hint=f'If the stamps are UTC, pass "UTC" in {{tz}} and name the zone in the factors, as "hour@{tz}"; if '
            "not, correct or drop these rows",
            argument="tz",
        )


def _appearance(wall: Stamps, group: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """(row,) how often the stamp has appeared before in its group."""
    keys = (wall,) if group is None else (wall, group)
    order = np.lexsort(keys)
    fresh = np.ones(len(wall), dtype=bool)
    fresh[1:] = np.any([key[order][1:] != key[order][:-1] for key in keys], axis=0)
    first = np.maximum.accumulate(np.where(fresh, np.arange(len(wall)), 0))
    count = np.empty(len(wall), dtype=np.int64)
    count[order] = np.arange(len(wall)) - first
    return count
