"""Text files of any separator, sign of decimals and encoding as Arrow tables."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from divecast._text import plural
from divecast.data.tables.header import check_header
from divecast.data.tables.origin import marked, open_text, says_separator
from divecast.data.tables.sniff import not_encoded, sniff, warn_western
from divecast.data.tables.text_numbers import with_numbers
from divecast.data.text_format import TextFormat
from divecast.errors import DataError

_WHOLE = 1 << 30  # bytes of a block that holds a whole file, so that all of a column decides its type
_MOST_SHOWN = 60


def read_text(path: Path, told: TextFormat, as_text: Collection[str] = ()) -> Any:
    """Read a text file, which may be gzipped, as a pyarrow table.

    Columns of numbers are numbers, with missing ones null. In other columns only an empty cell and the texts told are
    missing.

    Args:
        path: the file.
        told: how it is written, where it does not tell itself.
        as_text: columns that stay text as written, such as those that name series.

    Raises:
        DataError: it is not a table with names in its first line, or not in the encoding told.
    """
    import pyarrow as pa

    form = sniff(path, told)
    table = _parsed(path, form, as_text)
    if any(pa.types.is_binary(kind) for kind in table.schema.types):  # so Arrow reads text that is not UTF-8
        warn_western(path)
        form = replace(form, encoding="latin-1")
        table = _parsed(path, form, as_text)
    table = table.rename_columns(_named(table.column_names))
    check_header(table, path.name)
    return marked(with_numbers(table, form, as_text), path, form.encoding)


def _named(names: Sequence[str]) -> list[str]:
    """Names without blanks around them; a second column without a name gets one, as it may be empty and left out."""
    bare = [name.strip() for name in names]
    return [name or ("" if place == bare.index("") else f"Unnamed: {place}") for place, name in enumerate(bare)]


def _parsed(path: Path, form: TextFormat, as_text: Collection[str]) -> Any:
    """The table, with types as the first block has them, or as the whole file has them if that fails."""
    import pyarrow as pa

    ragged: list[Any] = []
    try:
        try:
            return _read(path, form, as_text, ragged)
        except pa.ArrowInvalid:
            if ragged:
                raise _ragged(ragged[0], path, form) from None
            return _read(path, form, as_text, ragged, block_size=_WHOLE)
    except UnicodeError as error:
        raise not_encoded(path, form.encoding or "UTF-8") from error


def _read(
    path: Path, form: TextFormat, as_text: Collection[str], ragged: list[Any], block_size: int | None = None
) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    def refuse(row: Any) -> str:
        ragged.append(row)
        return "error"

    encoding = form.encoding or "utf8"
    table = csv.read_csv(
        path,
        read_options=csv.ReadOptions(
            encoding=encoding, block_size=block_size, skip_rows=int(says_separator(path, form.encoding))
        ),
        parse_options=csv.ParseOptions(delimiter=form.sep, invalid_row_handler=refuse),
        convert_options=csv.ConvertOptions(
            decimal_point=form.decimal,
            null_values=form.missing,
            column_types=dict.fromkeys(as_text, "binary"),  # "string" would refuse what is not UTF-8
        ),
    )
    for name in [name for name in as_text if name in table.column_names]:
        with suppress(pa.ArrowInvalid):
            text = table.column(name).cast(pa.string())
            table = table.set_column(table.column_names.index(name), name, text)
    return table


def _ragged(row: Any, path: Path, form: TextFormat) -> DataError:
    shown = row.text if len(row.text) <= _MOST_SHOWN else f"{row.text[:_MOST_SHOWN]}..."
    return DataError(
        f"{_place(row.text, path, form)} has {plural(row.actual_columns, 'column')} and its first line "
        f"{row.expected_columns}: {shown!r}",
        hint="Correct it, or take out lines above the names of the columns; the sign between columns, read as "
        f"{form.sep!r}, can be named in {{sep}}",
    )


def _place(text: str, path: Path, form: TextFormat) -> str:
    """The line of a file that has a text."""
    with open_text(path, form.encoding) as file:
        line = next((number for number, line in enumerate(file, start=1) if line.rstrip("\r\n") == text), None)
    return f"A line of {path.name}" if line is None else f"Line {line} of {path.name}"
