"""Ids and labels in a text file as they are written there: ``001`` and ``NA`` are names, not a number and nothing."""

from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

from divecast.data.names import one_form
from divecast.data.tables.parquet_files import is_address
from divecast.data.tables.read import read_table
from divecast.data.text_format import MISSING_TOKENS, TextFormat

_WHOLE = r"^-?(0|[1-9][0-9]{0,17})$"
_NUMBER = r"^-?(0|[1-9][0-9]{0,17})([.,][0-9]+)?([eE][+-]?[0-9]+)?$"


class AsWritten(NamedTuple):
    """Columns whose cells are names; those that a file lacks are ignored.

    Attributes:
        ids: columns that name series or recordings: whole numbers if all cells are, else text.
        labels: columns of labels: numbers if all cells that are not missing are, else text.
    """

    ids: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All columns."""
        return tuple(dict.fromkeys((*self.ids, *self.labels)))

    def read(self, data: Any, text: TextFormat | None = None) -> Any:
        """Read the table at a path, with these columns as they are written; anything else is returned as it is.

        Raises:
            DataError: the file cannot be read.
            ConfigError: no installed package reads Excel files.
        """
        if not isinstance(data, str | Path):
            return data
        table = read_table(data, text, [form for name in self.names for form in {name, normalize("NFD", name)}])
        if not all(map(str.isascii, table.column_names)):
            table = table.rename_columns([one_form(name) for name in table.column_names])
        if is_address(data) or str(data).lower().endswith((".parquet", ".pq")):
            return table
        for name in self.names:
            if name in table.column_names:
                column = _settled(table.column(name), is_id=name in self.ids)
                table = table.set_column(table.column_names.index(name), name, column)
        return table


NOTHING = AsWritten()
"""No column is named."""


def all_as_written(data: Any, text: TextFormat | None = None) -> Any:
    """Read a table all of whose columns are labels; anything but a path is returned as it is."""
    if not isinstance(data, str | Path):
        return data
    return AsWritten(labels=tuple(read_table(data, text).column_names)).read(data, text)


def _settled(column: Any, *, is_id: bool) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(column.type):  # a cell of Excel has a type
        return column
    column = column.dictionary_encode().unify_dictionaries().combine_chunks()
    column = pa.concat_arrays(column.chunks) if isinstance(column, pa.ChunkedArray) else column
    cells = column.dictionary
    tokens = ("",) if is_id else MISSING_TOKENS
    missing = pc.is_in(cells, value_set=pa.array(tokens))
    known = cells.filter(pc.invert(missing))
    if len(known) and pc.all(pc.match_substring_regex(known, _WHOLE)).as_py():
        return pc.if_else(missing, None, cells).cast(pa.int64()).take(column.indices)
    if not is_id and len(known) and pc.all(pc.match_substring_regex(known, _NUMBER)).as_py():
        numbers = pc.replace_substring(cells, ",", ".")
        return pc.if_else(missing, None, numbers).cast(pa.float64()).take(column.indices)
    empty = pc.equal(cells, "")
    if not pc.any(empty).as_py():
        return column
    codes = pc.if_else(empty.take(column.indices), pa.scalar(None, pa.int32()), column.indices)
    return pa.DictionaryArray.from_arrays(codes, cells)
