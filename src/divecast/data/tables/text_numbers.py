"""Numbers that a text file writes in its own way: with signs of thousands, a decimal comma, or words for none."""

from collections.abc import Collection
from typing import Any

from divecast.data.text_format import TextFormat

_SAMPLE = 1000
_SPACES = "\u00a0\u202f "


def with_numbers(table: Any, form: TextFormat, as_text: Collection[str]) -> Any:
    """A table of a text file in which columns of numbers are numbers, and only told texts are missing elsewhere.

    A column in which most cells are numbers and some are not stays text, its numbers written as Python reads them, so
    that who reads it as numbers finds the cell that is none.

    Args:
        table: pyarrow table, of which Arrow read as text what it could not read otherwise.
        form: how numbers are written.
        as_text: columns to leave as they are.
    """
    import pyarrow as pa

    for place, name in enumerate(table.column_names):
        if pa.types.is_string(table.schema.field(place).type):
            column = _without(table.column(place), ["", *form.na])
            if name not in as_text:
                column = _numbers(column, form)
            table = table.set_column(place, name, column)
    return table


def _without(column: Any, missing: Collection[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pc.is_in(column, value_set=pa.array(list(missing))), pa.scalar(None, pa.string()), column)


def _numbers(column: Any, form: TextFormat) -> Any:
    """A column as numbers if all of it can be; else as plain text of numbers if most of it can be; else as it is."""
    import pyarrow.compute as pc

    sample = column.drop_null()[:_SAMPLE]
    if 2 * len(_plain(sample, form).drop_null()) < len(_tokens_out(sample, form).drop_null()) or not len(sample):
        return column
    cells = _tokens_out(column, form)
    plain = _plain(cells, form)
    if plain.null_count == cells.null_count:
        return plain.cast("float64" if pc.any(pc.match_substring_regex(plain, "[.eE]")).as_py() else _whole(plain))
    return pc.coalesce(plain, cells)


def _whole(plain: Any) -> str:
    """The type of whole numbers: integers, unless one of them is too large."""
    import pyarrow.compute as pc

    longest = pc.max(pc.utf8_length(plain)).as_py()
    return "int64" if longest is None or longest < 18 else "float64"


def _tokens_out(column: Any, form: TextFormat) -> Any:
    import pyarrow.compute as pc

    return _without(pc.utf8_trim(column, f"{_SPACES}\t"), form.missing)


def _plain(column: Any, form: TextFormat) -> Any:
    """Each number of a column as plain text, and null where a cell is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pc.replace_substring(pc.utf8_trim(column, f"{_SPACES}\t"), "\u2212", "-")
    point = f"[{form.decimal or '.'}]"
    whole, signs = r"\d+", ""
    if form.thousands is not None:
        signs = _SPACES if form.thousands in _SPACES else "'\u2019" if form.thousands in "'\u2019" else form.thousands
        signs = f"[{signs}]"
        whole = rf"(?:\d{{1,3}}(?:{signs}\d{{3}})+|\d+)"
    number = rf"^[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?$"
    text = pc.if_else(pc.match_substring_regex(text, number), text, pa.scalar(None, pa.string()))
    if signs:
        text = pc.replace_substring_regex(text, signs, "")
    if form.decimal == ",":
        text = pc.replace_substring(text, ",", ".")
    return pc.utf8_ltrim(text, "+")
