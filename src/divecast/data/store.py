"""A panel on disk that is read through memory mapping, for data larger than memory.

A store is a folder: ``values.f32``, raw little-endian float32 (row, channel), and ``store.json`` with the
channels and the clock.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from divecast.data.arrays import check_array
from divecast.data.clock import Clock
from divecast.data.panel import Panel, regular_clock
from divecast.data.source import Values
from divecast.errors import ArtifactError, DataError

_VALUES = "values.f32"
_HEADER = "store.json"
_FORMAT = "divecast-store"
_VERSION = 1


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
        clock_start: Time of the first row, as in :meth:`~divecast.data.panel.Panel.from_array`.
        step: Time from row to row, such as "1h".
        tz: Zone as in :meth:`~divecast.data.panel.Panel.from_array`.

    Returns:
        The folder.

    Raises:
        DataError: A chunk has another width or values that are infinite or too large, or there are no rows.
        ArtifactError: The folder cannot be written, or holds something else.
    """
    return write_store_on(path, chunks, channels, regular_clock(clock_start, step, 0, tz))


def write_store_on(path: str | Path, chunks: Iterable[NDArray[Any]], channels: Sequence[str], clock: Clock) -> Path:
    """Write a store as :func:`write_store` does, on a clock that is known; its length is that of the chunks."""
    with _new_store(Path(path)) as folder:
        with open(folder / _VALUES, "wb") as file:
            rows = sum(_append(file, chunk, channels, clock) for chunk in _counted(chunks))
            os.fsync(file.fileno())
        _write_header(folder, channels, clock, rows)
    return Path(path)


def open_store(path: str | Path) -> Panel:
    """Open a store; its values stay on disk and are read when they are used.

    Args:
        path: Folder of the store.

    Returns:
        A panel over a read-only memory map.

    Raises:
        ArtifactError: There is no store, it is of another version, or it is truncated.
    """
    folder = Path(path)
    try:
        header = json.loads((folder / _HEADER).read_text())
        size = (folder / _VALUES).stat().st_size
    except (OSError, ValueError) as error:
        raise ArtifactError(f"expected a divecast store at {folder}, cannot read it ({error})") from error
    if not isinstance(header, dict) or header.get("format") != _FORMAT or header.get("version") != _VERSION:
        raise ArtifactError(f"expected a divecast store of version {_VERSION} at {folder}, {_HEADER} says otherwise")
    try:
        clock, channels = Clock.from_dict(header["clock"]), tuple(map(str, header["channels"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(f"expected channels and clock in {folder / _HEADER}, it is damaged ({error})") from error
    shape = (clock.length, len(channels))
    if size != 4 * shape[0] * shape[1]:
        raise ArtifactError(
            f"expected {4 * shape[0] * shape[1]} bytes in {folder / _VALUES} (rows x channels {shape}), found {size}: "
            "the store is damaged; write it again"
        )
    values = np.memmap(folder / _VALUES, dtype="<f4", mode="r", shape=shape)
    return Panel(values, channels, clock)


@contextmanager
def _new_store(path: Path) -> Iterator[Path]:
    """A folder beside ``path`` that takes its place when the block ends well, and is removed when it does not."""
    if path.exists() and not (path / _HEADER).is_file():
        raise ArtifactError(f"expected a new folder or a divecast store to replace, {path} is something else")
    folder = path.parent / f".{path.name}-{uuid4().hex}"
    try:
        folder.mkdir(parents=True)
        yield folder
        _swap(folder, path)
    except OSError as error:
        raise ArtifactError(f"expected to write a store at {path}, could not ({error}); nothing was changed") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _swap(folder: Path, path: Path) -> None:
    if not path.exists():
        os.rename(folder, path)
        return
    # A folder cannot be renamed onto a full one, so the old store steps aside and comes back if the new one cannot.
    former = folder.with_name(f"{folder.name}-former")
    os.rename(path, former)
    try:
        os.rename(folder, path)
    except OSError:
        os.rename(former, path)
        raise
    shutil.rmtree(former, ignore_errors=True)


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


def _write_header(folder: Path, channels: Sequence[str], clock: Clock, rows: int) -> None:
    if not rows:
        raise DataError("expected rows for the store, the chunks held none")
    header = {
        "format": _FORMAT,
        "version": _VERSION,
        "channels": list(channels),
        "clock": clock.to_dict() | {"length": rows},
    }
    (folder / _HEADER).write_text(json.dumps(header, indent=1))
