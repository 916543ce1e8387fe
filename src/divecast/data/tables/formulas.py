"""Text that a spreadsheet would run: cells that begin as formulas do."""

from typing import Any

_FORMULA = r"^[=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}]"  # also in the wide forms of Chinese and Japanese text
_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"


def without_formulas(table: Any) -> Any:
    """Put an apostrophe before text cells and column names that would be formulas; numbers in text stay.

    The names of series, columns and classes come from data, and whoever opens a file in a spreadsheet did not write
    them (OWASP, CSV injection).

    Args:
        table: a pyarrow table.
    """
    import pyarrow as pa

    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type) or pa.types.is_large_string(field.type):
            table = table.set_column(place, field.name, _quoted(table.column(place)))
    return table.rename_columns(_quoted(pa.array(table.column_names, pa.string())).to_pylist())


def _quoted(cells: Any) -> Any:
    import pyarrow as pa
    from pyarrow import compute

    harmful = compute.and_not(
        compute.match_substring_regex(cells, _FORMULA), compute.match_substring_regex(cells, _NUMBER)
    )
    if not compute.any(harmful).as_py():
        return cells
    apostrophe, nothing = (pa.scalar(text, cells.type) for text in ("'", ""))
    return compute.if_else(harmful, compute.binary_join_element_wise(apostrophe, cells, nothing), cells)
