"""A long Parquet file converted to a store, one row group at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np

from divecast.data.sources.store import write_store_on
from divecast.data.sources.store_columns import Beside
from divecast.data.tables.label_columns import encoded_labels
from divecast.data.tables.long import Piece, check_columns, fill, has_repeats, place_rows
from divecast.data.tables.long_names import LongNames
from divecast.data.tables.numbers import read_numbers
from divecast.data.tables.parquet_files import ParquetFiles
from divecast.data.tables.read import readable
from divecast.data.tables.roles import Roles
from divecast.data.time.business_days import Opening
from divecast.data.time.stamps import StampForm
from divecast.errors import DataError
from divecast.persistence.atomic import reserve, scratch_beside

_ROWS_AT_ONCE = 1 << 18
_VALUES_AT_ONCE = 1 << 22


def store_long(  # noqa: PLR0913  what a store is made of
    path: Path, files: ParquetFiles, names: LongNames, roles: Roles, static: Any, form: StampForm, calendar: Opening
) -> Path:
    """Write a store from long Parquet; see :func:`divecast.data.sources.store_parquet.store_from_parquet`.

    Ids and time stamps are read whole, labels as places among their classes, values piece by piece.
    """
    check_columns(files.schema.names, names, roles)
    with readable(files.names[0]):
        keys = files.read([*names.ids, names.time])
    there = place_rows(nw.from_native(keys, eager_only=True), names, form, calendar)
    del keys
    if has_repeats(there):
        raise DataError(
            "Several rows have the same series and time", hint="Keep one of each, or name what tells them apart in {id}"
        )
    channels, clock = there.ids.names, there.clock
    with scratch_beside(path) as folder:
        reserve(folder / "values", clock.length * len(channels) * np.dtype(np.float32).itemsize)
        values = np.memmap(folder / "values", np.float32, "r+", shape=(clock.length, len(channels)))
        at_once = max(1, _VALUES_AT_ONCE // len(channels))
        for first in range(0, clock.length, at_once):
            values[first : first + at_once] = np.nan

        def row_text(row: int) -> str:
            return there.row_text(row)

        labels, covariates = fill(values, there, roles, _pieces(files, names.value, roles, row_text))
        beside = Beside.of(labels, covariates, static, channels)
        chunks = (values[first : first + at_once] for first in range(0, clock.length, at_once))
        return write_store_on(path, chunks, channels, clock, beside, there.as_read)


def _pieces(files: ParquetFiles, value: str, roles: Roles, row_text: Any) -> Iterator[Piece]:
    with readable(files.names[0]):
        labels = {
            label.name: encoded_labels(nw.from_native(files.read([label.name]), eager_only=True).get_column(label.name))
            for label in roles.labels
        }
        first = 0
        for batch in files.batches([value, *(one.name for one in roles.covariates)], _ROWS_AT_ONCE):
            frame = nw.from_native(_as_table(batch), eager_only=True)
            rows = slice(first, first + len(frame))

            def text(row: int, first: int = first) -> str:
                named: str = row_text(first + row)
                return named

            columns = {name: classes[codes[rows]] for name, (codes, classes) in labels.items()}
            for one in roles.covariates:
                columns[one.name] = read_numbers(frame.get_column(one.name), one.name, text, "covariate")
            yield first, read_numbers(frame.get_column(value), value, text), columns
            first = rows.stop


def _as_table(batch: Any) -> Any:
    import pyarrow as pa

    return pa.Table.from_batches([batch])
