"""A panel on disk that is read through memory mapping, for data larger than memory.

A store is a folder: ``values.f32``, raw little-endian float32 (row, channel), and ``store.json`` with the
channels, the clock, a SHA-256 of all and the name of the file of values: a store that replaces another has
``values.1.f32``, the next one ``values.f32`` again. So the one step that exchanges ``store.json`` exchanges the store.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Values
from divecast.data.sources.arrays import check_array
from divecast.data.sources.panel import Panel, regular_clock
from divecast.data.tables.columns import check_names
from divecast.data.time.clock import Clock
from divecast.errors import ArtifactError, DataError
from divecast.persistence.atomic import staging
from divecast.persistence.strict import as_artifact_error, check_understood, parse_object

_VALUES = ("values.f32", "values.1.f32")
_HEADER = "store.json"
_FORMAT = "divecast-store"
_VERSION = 2


def write_store(
    path: str | Path,
    chunks: Iterable[NDArray[Any]],
    channels: Sequence[str],
    clock_start: str | datetime | np.datetime64,
    step: str,
    tz: str | None = None,
) -> Path:
    """Write a store from chunks of rows, one in memory at a time.

    It is written beside ``path`` and moved there when complete; a store that was there before is replaced.

    Args:
        path: Folder of the store.
        chunks: Arrays (row, channel) in order of time, NaN where missing.
        channels: Names of the channels.
        clock_start: Time of the first row, as in :meth:`~divecast.data.sources.panel.Panel.from_array`.
        step: Time from row to row, such as "1h".
        tz: Zone as in :meth:`~divecast.data.sources.panel.Panel.from_array`.

    Returns:
        The folder.

    Raises:
        DataError: A chunk has another width or values that are infinite or too large, or there are no rows.
        ArtifactError: The folder cannot be written, or holds something else.
    """
    return write_store_on(path, chunks, channels, regular_clock(clock_start, step, 0, tz))


def write_store_on(path: str | Path, chunks: Iterable[NDArray[Any]], channels: Sequence[str], clock: Clock) -> Path:
    """Write a store as :func:`write_store` does, on a clock that is known; its length is that of the chunks."""
    values = _free_name(Path(path))
    with _new_store(Path(path)) as folder:
        with open(folder / values, "wb") as file:
            rows = sum(_append(file, chunk, channels, clock) for chunk in _counted(chunks))
            os.fsync(file.fileno())
        _write_header(folder, values, channels, clock, rows)
    return Path(path)


def open_store(path: str | Path, check: bool = True) -> Panel:
    """Open a store; its values stay on disk and are read when they are used.

    Args:
        path: Folder of the store.
        check: Whether to read the values through once and compare their checksum (about a second a gigabyte), so that
            no damage goes unseen; stores of version 1 have none.

    Returns:
        A panel over a read-only memory map.

    Raises:
        ArtifactError: There is no store, or it is of a newer version, cut short or damaged.
    """
    folder = Path(path)
    if not (folder / _HEADER).is_file():
        raise ArtifactError(f"expected a divecast store at {folder}, there is no file {folder / _HEADER}")
    with as_artifact_error(folder, "store"):
        header = parse_object((folder / _HEADER).read_text("utf-8"))
        if header["format"] != _FORMAT or header["version"] not in range(1, _VERSION + 1):
            raise ValueError(f"expected {_FORMAT} of version {_VERSION} at most, {_HEADER} says otherwise")
        values, clock = header.get("values", _VALUES[0]), Clock.from_dict(header["clock"])
        channels, digest = tuple(map(str, header["channels"])), header.get("sha256")
        check_understood(header, _said(values, channels, clock, digest) | {"version": header["version"]})
        check_names(channels)
        _check_values(folder, values, (clock.length, len(channels)))
        if check and header["version"] > 1 and digest != _digest(folder / values, channels, clock):
            raise ValueError("the checksum does not fit the content")
        table = np.memmap(folder / values, dtype="<f4", mode="r", shape=(clock.length, len(channels)))
    return Panel(table, channels, clock)


def _check_values(folder: Path, values: str, shape: tuple[int, int]) -> None:
    if values not in _VALUES or not (folder / values).is_file():  # a name is no path
        raise ValueError(f"expected the values in a file {' or '.join(_VALUES)}, got {values!r:.80}")
    expected, found = 4 * shape[0] * shape[1], (folder / values).stat().st_size
    if not found == expected > 0:
        raise ValueError(f"expected {expected} bytes in {values} (rows x channels {shape}), found {found}")


def _said(values: str, channels: Sequence[str], clock: Clock, digest: str | None) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "values": values,
        "channels": list(channels),
        "clock": clock.to_dict(),
        "sha256": digest,
    }


def _digest(values: Path, channels: Sequence[str], clock: Clock) -> str:
    with open(values, "rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(json.dumps([list(channels), clock.to_dict()]).encode())
    return digest.hexdigest()


@contextmanager
def _new_store(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` that takes its place when the block ends well, and is removed when it does not."""
    if path.exists() and not (path / _HEADER).is_file():
        raise ArtifactError(f"expected a new folder or a divecast store to replace, {path} is something else")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with staging(path.parent) as folder:
            new = folder / path.name
            new.mkdir()
            yield new
            _put(new, path)
    except OSError as error:
        found = error.strerror or error
        raise ArtifactError(f"expected to write a store at {path}, could not ({found}); nothing was changed") from error


def _put(new: Path, path: Path) -> None:
    """Move a store to its place; whenever this is broken off, the former or the new one is there, whole."""
    if not path.exists():
        os.rename(new, path)
        return
    values = next(name for name in _VALUES if (new / name).exists())
    for name in (values, _HEADER):
        os.replace(new / name, path / name)
    for name in {*_VALUES} - {values}:
        with suppress(OSError):  # Windows keeps a file that is mapped
            (path / name).unlink()


def _free_name(path: Path) -> str:
    """Return the name that the values of the store at ``path`` do not have."""
    try:
        taken = json.loads((path / _HEADER).read_text()).get("values", _VALUES[0])
    except (OSError, ValueError, AttributeError):
        taken = None
    return next(name for name in _VALUES if name != taken)


def _counted(chunks: Iterable[NDArray[Any]]) -> Iterator[tuple[int, NDArray[Any]]]:
    first = 0
    for chunk in chunks:
        yield first, np.asarray(chunk)
        first += len(chunk)


def _append(file: Any, placed: tuple[int, NDArray[Any]], channels: Sequence[str], clock: Clock) -> int:
    first, chunk = placed
    if not len(chunk):
        return 0
    checked: Values = check_array(
        chunk, channels, lambda row: f"row {first + row}, {clock.at(np.array([first + row]))[0]} UTC"
    )
    file.write(np.ascontiguousarray(checked, dtype="<f4").data)
    return len(chunk)


def _write_header(folder: Path, values: str, channels: Sequence[str], clock: Clock, rows: int) -> None:
    if not rows:
        raise DataError("expected rows for the store, the chunks held none")
    clock = replace(clock, length=rows)
    header = _said(values, channels, clock, _digest(folder / values, channels, clock))
    with open(folder / _HEADER, "w") as file:
        file.write(json.dumps(header, indent=1))
        file.flush()
        os.fsync(file.fileno())
