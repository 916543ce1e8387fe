"""A folder of files with one recording each, as one table."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import narwhals as nw

from divecast._text import plural
from divecast.data.names import chosen, listed, one_form
from divecast.data.tables.as_written import NOTHING, AsWritten
from divecast.data.tables.numbers import read_numbers
from divecast.data.tables.origin import row_name
from divecast.data.tables.read import stem_of
from divecast.data.text_format import TextFormat
from divecast.errors import DataError, warn_data

STORE = "store.json"
"""File that makes a folder a store."""

_MOST_FILES = 100_000  # a whole disk is no folder of recordings


@dataclass(frozen=True, slots=True)
class Files:
    """How to read the files of a folder.

    Attributes:
        as_written: columns whose cells are names.
        text: how text files are written, where they do not tell themselves.
        channels: columns that every file needs, and perhaps others; if empty, all files need the same columns.
        beside: a file that is no recording, such as the table of labels.
    """

    as_written: AsWritten = NOTHING
    text: TextFormat | None = None
    channels: Sequence[str] = ()
    beside: Path | None = None


def is_folder_of_tables(folder: Path) -> bool:
    """Whether a folder has files of tables, also in folders within it, and is no store."""
    if not folder.is_dir() or (folder / STORE).exists():
        return False
    return any(stem_of(path.name) is not None for path in islice(_within(folder), _MOST_FILES))


def read_folder(folder: Path, column: str, files: Files) -> Any:
    """Read a folder as one pyarrow table, whose rows are those of one file after another.

    A recording has the name of its file without the ending; of a file in a folder within this one, with the name of
    that folder before it, as in ``p01/walk``. Files without rows and of other kinds are left out with a DataWarning.

    Args:
        folder: the folder.
        column: name of the column that gets the names of the recordings.
        files: how to read them.

    Raises:
        DataError: there are no files with rows, or too many files, two have the same name, one has other columns than
            the others, or a cell is no number.
    """
    import pyarrow as pa

    paths, others = _files(folder, files.beside)
    if others:
        warn_data(f"{plural(len(others), 'file')} of {folder.name} of another kind left out: {listed(others)}")
    tables, empty = {}, []
    for name, path in _by_name(paths, folder).items():
        table = _of_file(path, files)
        if table is None or not table.num_rows:
            empty.append(str(path.relative_to(folder)))
        else:
            tables[name] = table
    if not tables:
        raise DataError(f"No file of {folder} has a row: {listed(empty)}", argument="data")
    if empty:
        warn_data(f"{plural(len(empty), 'file')} of {folder.name} without rows left out: {listed(empty)}")
    kept = _columns(tables, folder, files.channels)
    if column in kept:
        raise DataError(
            f"The files of {folder.name} have a column {column!r} themselves, which would name the recordings",
            hint="Choose another name in {recording}",
            argument="recording",
        )
    parts = _of_one_type({name: table.select(kept) for name, table in tables.items()}, files.as_written)
    named = [part.append_column(column, pa.array([name]).take(pa.array([0] * len(part)))) for name, part in parts]
    return pa.concat_tables(named, promote_options="permissive")


def _files(folder: Path, beside: Path | None = None) -> tuple[list[Path], list[str]]:
    """Files of tables, in order of their names, and the names of all others."""
    seen = sorted(islice(_within(folder), _MOST_FILES + 1))
    if len(seen) > _MOST_FILES:
        raise DataError(
            f"{folder} has more than {_MOST_FILES:,} files",
            hint="Pass the folder of the recordings alone",
            argument="data",
        )
    if beside is not None and beside.exists():
        seen = [path for path in seen if not path.samefile(beside)]
    tables = [path for path in seen if stem_of(path.name) is not None]
    return tables, [path.name for path in seen if stem_of(path.name) is None]


def _within(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder and of folders within it; hidden ones, and what cannot be listed, do not count."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(place, name) for name in names if not name.startswith("."))
        yield from (path for path in paths if os.path.isfile(path))  # False of one that may not be read


def _by_name(paths: Sequence[Path], folder: Path) -> dict[str, Path]:
    names = [one_form(str(stem_of(path.relative_to(folder).as_posix()))) for path in paths]
    twice = {name: count for name, count in Counter(names).items() if count > 1}
    if twice:
        same = [path.name for path, name in zip(paths, names, strict=True) if name in twice]
        raise DataError(
            f"Several files of {folder.name} would be the same recording: {listed(same)}", hint="Rename or move them"
        )
    return dict(zip(names, paths, strict=True))


def _of_file(path: Path, files: Files) -> Any:
    """The table of a file; None for a file without a byte."""
    return files.as_written.read(path, files.text) if path.stat().st_size else None


def _columns(tables: Mapping[str, Any], folder: Path, channels: Sequence[str]) -> list[str]:
    """The columns to read, in the order of the first file: those that all files have."""
    of_file = {name: list(map(one_form, table.column_names)) for name, table in tables.items()}
    usual = Counter(frozenset(columns) for columns in of_file.values()).most_common(1)[0][0]
    wanted = {*chosen(channels, usual)} if channels else usual
    faults = {}
    for name, columns in of_file.items():
        lacks, has = sorted(wanted - {*columns}), [] if channels else sorted({*columns} - wanted)
        if lacks or has:
            told = [f"lacks {listed(lacks)}"] if lacks else []
            faults[name] = " and ".join([*told, *([f"has {listed(has)}"] if has else [])])
    if faults:
        first = "; ".join(f"{name!r} {fault}" for name, fault in list(faults.items())[:3])
        raise DataError(
            f"{len(faults)} of {plural(len(tables), 'file')} of {folder.name} have other columns: {first}",
            hint="Name columns alike in all files, with an empty one for a sensor that was not there; or name the "
            "channels that all have in {channels}; or pass a table of labels as {known}",
        )
    shared = set.intersection(*({*columns} for columns in of_file.values()))
    return [name for name in next(iter(tables.values())).column_names if one_form(name) in shared]


def _of_one_type(tables: Mapping[str, Any], as_written: AsWritten) -> list[tuple[str, Any]]:
    """The tables, with a column as text in all where it is text in most or a label; a lone cell of text is refused."""
    import pyarrow as pa

    found = dict(tables)
    for column in next(iter(tables.values())).column_names:
        kinds = {name: table.column(column).type for name, table in tables.items()}
        texts = [name for name, kind in kinds.items() if _is_text(kind)]
        if not texts or len(texts) == len(tables):
            continue
        if column not in as_written.names and 2 * len(texts) <= len(tables):
            frame = nw.from_native(tables[texts[0]], eager_only=True)
            read_numbers(frame.get_column(column), column, _row_text(frame, texts[0]))
        for name, table in found.items():
            place = table.column_names.index(column)
            found[name] = table.set_column(place, column, table.column(column).cast(pa.string()))
    return list(found.items())


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _row_text(frame: nw.DataFrame[Any], name: str) -> Callable[[int], str]:
    return lambda row: row_name(frame, row, f"recording {name!r}")
