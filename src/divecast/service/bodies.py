"""Reads the body of a request: a table and what is asked of it, in one of four formats.

A table is checked for its size before it is decoded as a whole: a few bytes of a compressed file may be billions of
cells.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pyarrow as pa
import pyarrow.parquet
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from pydantic_core import from_json

from divecast.service.arrow_messages import is_compressed
from divecast.service.questions import Question, WithRows
from divecast.web.refusal import RefusedError, shortened

JSON = "application/json"
ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
FORMATS = (JSON, ARROW, PARQUET)

Asked = TypeVar("Asked", bound=Question)


@dataclass(frozen=True, eq=False, slots=True)
class Body(Generic[Asked]):
    """A request.

    Attributes:
        question: what is asked.
        rows: the table.
        future: table of rows to forecast; None if they are in ``rows`` or unknown.
    """

    question: Asked
    rows: pa.Table
    future: pa.Table | None


def read_body(
    kind: type[Asked], content_type: str, body: bytes, query: Mapping[str, Sequence[str]], cells: int
) -> Body[Asked]:
    """Read a request.

    Args:
        kind: what is asked.
        content_type: header of the request, which names one of ``FORMATS``.
        body: its body.
        query: parameters of its query, by name.
        cells: most cells of the table.

    Raises:
        RequestValidationError: fields are wrong.
        RefusedError: the table cannot be read, or is too large.
    """
    format_ = content_type.partition(";")[0].strip().lower()
    if format_ != JSON:
        question = _validated(kind, {name: _parameter(kind, name, texts) for name, texts in query.items()})
        return Body(question, _read_table(format_, body, cells), None)
    if query:
        raise RefusedError(next(iter(query)), "A request in JSON has no query", hint="Put this field into the body")
    try:
        given = from_json(body)
    except ValueError as error:
        raise RefusedError("body", f"This is no JSON: {error}") from error
    with_rows = _validated(WithRows, given)
    question = _validated(kind, {name: value for name, value in given.items() if name not in WithRows.model_fields})
    future = None if with_rows.future is None else _table_of("future", with_rows.future, cells)
    return Body(question, _table_of("rows", with_rows.rows, cells), future)


def _validated(kind: type[Any], given: Any) -> Any:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(error.errors(), body=given) from error


def _parameter(kind: type[Question], name: str, texts: Sequence[str]) -> Any:
    """Return a parameter of a query: a list where a field takes one, which may also be separated by commas."""
    if name in ("levels", "channels") and name in kind.model_fields:
        return [part for text in texts for part in (text.split(",") if name == "levels" else [text])]
    if len(texts) > 1:
        raise RefusedError(name, "This parameter is given several times", found=str(len(texts)))
    return texts[0]


def _table_of(name: str, given: Any, cells: int) -> pa.Table:
    """Return the table of a JSON value."""
    if isinstance(given, list):
        keys = dict.fromkeys(key for row in given for key in row)
        _check_cells(name, len(given), len(keys), cells)  # before a column of each key takes the memory
        columns = {key: [row.get(key) for row in given] for key in keys}
    else:
        columns = given
        _check_cells(name, max((len(column) for column in columns.values()), default=0), len(columns), cells)
    lengths = {key: len(column) for key, column in columns.items()}
    if len(set(lengths.values())) > 1:
        shortest, longest = min(lengths, key=lengths.__getitem__), max(lengths, key=lengths.__getitem__)
        raise RefusedError(
            name,
            f"All columns must have as many rows: {shortened(shortest)} has {lengths[shortest]}, {shortened(longest)} "
            f"{lengths[longest]}",
        )
    return pa.table({key: _column(f"{name}.{key}", column) for key, column in columns.items()})


def _column(name: str, values: list[Any]) -> pa.Array:
    try:
        column = pa.array(values)
    except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
        raise RefusedError(name, "A column must have numbers, texts or booleans, and not several of them") from error
    if pa.types.is_nested(column.type):
        raise RefusedError(name, "A cell must be a number, a text, a boolean or null")
    return column


def _read_table(format_: str, body: bytes, cells: int) -> pa.Table:
    try:
        table = _arrow(body, cells) if format_ == ARROW else _parquet(body, cells)
        nested = [field.name for field in table.schema if pa.types.is_nested(field.type)]  # names are decoded here
        table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise RefusedError("body", f"The table cannot be read ({shortened(str(error))})") from error
    if nested:
        raise RefusedError(
            "body", f"Column {shortened(nested[0])} has nested values", hint="Send numbers, texts and times"
        )
    return table


def _arrow(body: bytes, cells: int) -> pa.Table:
    if is_compressed(body):
        raise RefusedError("body", "An Arrow stream must not be compressed", hint="Send Parquet, which may be")
    table = pa.ipc.open_stream(body).read_all()
    _check_cells("body", table.num_rows, table.num_columns, cells)
    return table


def _parquet(body: bytes, cells: int) -> pa.Table:
    file = pyarrow.parquet.ParquetFile(io.BytesIO(body))
    found = file.metadata
    _check_cells("body", found.num_rows, found.num_columns, cells)
    size = sum(found.row_group(number).total_byte_size for number in range(found.num_row_groups))
    if size > 64 * cells:
        raise RefusedError(
            "body", "The table is too large", expected=f"at most {64 * cells} bytes", found=str(size), hint=_FEWER
        )
    # A text that is repeated stays a number in a dictionary, so that it is not in the memory once per row.
    texts = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    return pyarrow.parquet.read_table(io.BytesIO(body), read_dictionary=texts)


_FEWER = "Send fewer rows or columns: a forecast reads the lookback of the model"


def _check_cells(name: str, n_rows: int, n_columns: int, cells: int) -> None:
    if n_rows * n_columns > cells:
        raise RefusedError(
            name,
            "The table is too large",
            expected=f"at most {cells} cells",
            found=f"{n_rows} rows of {n_columns} columns",
            hint=_FEWER,
        )
