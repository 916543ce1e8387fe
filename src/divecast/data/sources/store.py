"""A panel on disk that is memory-mapped, for data larger than memory.

A store is a folder with ``values.f32``, raw little-endian float32 (row, channel), and ``store.json``, which has the
channels, the clock, a SHA-256 of everything and the name of the file of values. Labels and covariates have a file each,
named as in :mod:`divecast.data.sources.store_columns`; a store of version 1 has none. A store that replaces another one
has ``values.1.f32``, the next one ``values.f32`` again, and its other files likewise, so that replacing ``store.json``
alone replaces the store.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from divecast.data.as_read import NO_TABLE, AsRead
from divecast.data.names import check_unique
from divecast.data.sources.arrays import check_array
from divecast.data.sources.panel import Panel
from divecast.data.sources.store_columns import SUFFIXES, Beside, StoredColumns, stale_files, write_columns
from divecast.data.tables.folder import STORE
from divecast.data.time.business_days import BusinessDays
from divecast.data.time.clock import Clock
from divecast.data.time.open_slots import OpenSlots
from divecast.data.time.regular import regular_clock
from divecast.errors import ArtifactError, DataError
from divecast.persistence.atomic import staging
from divecast.persistence.strict import as_artifact_error, check_understood, parse_object

_VALUES = tuple(f"values{suffix}.f32" for suffix in SUFFIXES)
_FORMAT = "divecast-store"
_VERSIONS = (1, 2, 3)  # values alone; with labels, covariates or facts of the series; with how a table was read


def write_store(  # noqa: PLR0913  what a panel has
    path: str | Path,
    chunks: Iterable[NDArray[Any]],
    channels: Sequence[str],
    clock_start: str | datetime | np.datetime64,
    step: str,
    tz: str | None = None,
    labels: Mapping[str, Any] | None = None,
    covariates: Mapping[str, Any] | None = None,
    static: Any = None,
    calendar: BusinessDays | OpenSlots | None = None,
) -> Path:
    """Write a store from chunks of rows, one in memory at a time.

    It is written beside ``path`` and moved there when complete, replacing a store that was there.

    Args:
        path: folder of the store.
        chunks: arrays (row, channel) in order of time, NaN where missing.
        channels: names of the channels.
        clock_start: time of the first row, as in :meth:`Panel.from_array`.
        step: time from row to row, such as "1h".
        tz: time zone, as in :meth:`Panel.from_array`.
        labels: label columns by name, each (row,), or (row, channel) where every series has its own.
        covariates: numbers by name, each (row,), or (row, channel) where every series has its own; either an array, or
            chunks of rows such as those of the values.
        static: facts of the series: by name, each (channel,); or a table, or the path of one, as in
            :meth:`Panel.from_wide`.
        calendar: opening times, as in :meth:`Panel.from_array`.

    Returns:
        The folder.

    Raises:
        DataError: a chunk has another width or values that are infinite or too large, there are no rows, or a column
            has another number of rows.
        ArtifactError: the folder cannot be written, or holds something else.

    Example:
        >>> days = (np.full((24, 2), day) for day in range(3))
        >>> store = write_store("loads.store", days, ["north", "south"], "2024-01-01", "1h")
        >>> open_store(store).values.shape
        (72, 2)
    """
    beside = Beside.of(labels, covariates, static, channels)
    return write_store_on(path, chunks, channels, regular_clock(clock_start, step, 0, tz, calendar), beside)


def write_store_on(
    path: str | Path,
    chunks: Iterable[NDArray[Any]],
    channels: Sequence[str],
    clock: Clock,
    beside: Beside | None = None,
    as_read: AsRead = NO_TABLE,
) -> Path:
    """Write a store as :func:`write_store` does, on a clock whose length is replaced by that of the chunks."""
    beside = beside or Beside.of(None, None, None, channels)
    values = _free_name(Path(path))
    with _new_store(Path(path)) as folder:
        with open(folder / values, "wb") as file:
            rows = 0
            for chunk in chunks:
                _append(file, np.asarray(chunk), rows, channels, clock)
                rows += len(chunk)
            os.fsync(file.fileno())
        if not rows:
            raise DataError("The chunks have no rows", argument="chunks")
        whole = replace(clock, length=rows)
        columns = write_columns(folder, _suffix(values), beside, channels, whole)
        digest = _digest(folder, values, channels, whole, columns, as_read)
        _write_header(folder, _header(values, channels, whole, columns, digest, as_read))
    return Path(path)


def open_store(path: str | Path, check: bool = True) -> Panel:
    """Open a store; its values stay on disk and are read when used.

    Args:
        path: folder of the store.
        check: whether to compare the checksum of the values, which detects damage and takes about a second per GB.

    Returns:
        A panel over a read-only memory map. Labels of text and facts of the series are in memory.

    Raises:
        ArtifactError: there is no store, or it is of a newer version, cut short or damaged.

    Example:
        >>> store = write_store("north.store", [np.zeros((3, 1))], ["north"], "2024-01-01", "1h")
        >>> open_store(store)
        Panel(1 channel, 3 rows every 1h from 2024-01-01T00:00:00 to 2024-01-01T02:00:00 UTC, labels [])
    """
    folder = Path(path)
    if not (folder / STORE).is_file():
        raise ArtifactError(f"There is no store at {folder}: it has no file {STORE}", argument="path")
    with as_artifact_error(folder, "store"):
        header = parse_object((folder / STORE).read_text("utf-8"))
        if header["format"] != _FORMAT or header["version"] not in _VERSIONS:
            raise ValueError(f"expected {_FORMAT} of version 1 to {max(_VERSIONS)}, {STORE} says otherwise")
        values, clock = header["values"], Clock.from_dict(header["clock"])
        channels, digest = tuple(map(str, header["channels"])), header["sha256"]
        has_columns = header["version"] > 1 and "columns" in header
        columns = StoredColumns.from_dict(header["columns"], len(channels)) if has_columns else StoredColumns()
        as_read = AsRead.from_dict(header["as_read"], channels) if header["version"] == 3 else NO_TABLE
        check_understood(header, _header(values, channels, clock, columns, digest, as_read))
        check_unique(channels)
        _check_values(folder, values, (clock.length, len(channels)))
        if check and digest != _digest(folder, values, channels, clock, columns, as_read):
            raise ValueError("the checksum does not fit the content")
        table = np.memmap(folder / values, dtype="<f4", mode="r", shape=(clock.length, len(channels)))
        opened = {one.name: one.open(folder, _suffix(values), clock, len(channels)) for one in columns.columns}
    return Panel(
        table,
        channels,
        clock,
        labels={one.name: opened[one.name] for one in columns.of_kind("label")},
        covariates={one.name: opened[one.name] for one in columns.of_kind("covariate")},
        static=dict(columns.static),
        as_read=as_read,
    )


def _suffix(values: str) -> str:
    """The suffix of the other files of a store, by the name of its file of values."""
    return SUFFIXES[_VALUES.index(values)]


def _check_values(folder: Path, values: str, shape: tuple[int, int]) -> None:
    if values not in _VALUES or not (folder / values).is_file():  # a name must not be a path
        raise ValueError(f"expected the values in a file {' or '.join(_VALUES)}, got {values!r:.80}")
    expected, found = 4 * shape[0] * shape[1], (folder / values).stat().st_size
    if not found == expected > 0:
        raise ValueError(f"expected {expected} bytes in {values} (rows x channels {shape}), found {found}")


def _header(
    values: str, channels: Sequence[str], clock: Clock, columns: StoredColumns, digest: str, as_read: AsRead
) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "version": 3 if as_read.layout else 2 if columns else 1,
        "values": values,
        "channels": list(channels),
        "clock": clock.to_dict(),
        "sha256": digest,
        **({"columns": columns.to_dict()} if columns else {}),
        **({"as_read": as_read.to_dict()} if as_read.layout else {}),
    }


def _digest(
    folder: Path, values: str, channels: Sequence[str], clock: Clock, columns: StoredColumns, as_read: AsRead
) -> str:
    digest = hashlib.sha256()
    for name in (values, *columns.files(_suffix(values))):
        with open(folder / name, "rb") as file:
            hashlib.file_digest(file, lambda: digest)
    beside = [*([columns.to_dict()] if columns else []), *([as_read.to_dict()] if as_read.layout else [])]
    digest.update(json.dumps([list(channels), clock.to_dict(), *beside]).encode())
    return digest.hexdigest()


@contextmanager
def _new_store(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` that is moved there when the block succeeds, and removed when it fails."""
    if path.exists() and not (path / STORE).is_file():
        raise ArtifactError(
            f"{path} exists and is not a store", hint="Choose a new folder or a store to replace", argument="path"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with staging(path.parent) as folder:
            new = folder / path.name
            new.mkdir()
            yield new
            _put(new, path)
    except OSError as error:
        raise ArtifactError(
            f"The store at {path} could not be written ({error.strerror or error}); nothing was changed"
        ) from error


def _put(new: Path, path: Path) -> None:
    """Move a store to its place; if this is interrupted, either the old or the new one is there, complete."""
    if not path.exists():
        os.rename(new, path)
        return
    files = [file.name for file in new.iterdir() if file.name != STORE]
    for name in (*files, STORE):
        os.replace(new / name, path / name)
    for stale in stale_files(path, files):
        with suppress(OSError):  # Windows keeps a file that is mapped
            stale.unlink()


def _free_name(path: Path) -> str:
    """A name for the file of values that the store at ``path`` does not use."""
    try:
        taken = json.loads((path / STORE).read_text())["values"]
    except (OSError, ValueError, LookupError, TypeError):
        taken = None
    return next(name for name in _VALUES if name != taken)


def _append(file: BinaryIO, chunk: NDArray[Any], first: int, channels: Sequence[str], clock: Clock) -> None:
    """Write a chunk whose first row is row ``first`` of the store."""
    if len(chunk):
        values = check_array(chunk, channels, lambda row: f"row {first + row} ({clock.time_text(first + row)})")
        file.write(np.ascontiguousarray(values, dtype="<f4").data)


def _write_header(folder: Path, header: Mapping[str, Any]) -> None:
    with open(folder / STORE, "w") as file:
        file.write(json.dumps(header, indent=1))
        file.flush()
        os.fsync(file.fileno())
