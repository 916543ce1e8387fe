"""Cells that a spreadsheet would run are quoted in CSV, numbers are not."""

import gzip

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from divecast.data import write_frame
from divecast.data.tables.formulas import without_formulas

HARMFUL = ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "\rx", "\uff1d1", "-", "+49 89 1"]
HARMLESS = ["north", "-1.5", "+3", "-2e-5", ".5", "a=b", "", "'=1", None]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_only_what_begins_a_formula_is_quoted(kind, tmp_path):
    cells = pa.array(HARMFUL + HARMLESS, pa.string()).cast(kind)
    numbers = pa.array(-np.arange(len(cells), dtype=float))
    table = pa.table({"name": cells, "=x": numbers, "y": pa.array(["-1"] * len(cells))})
    quoted = ["'" + cell for cell in HARMFUL] + HARMLESS
    if not pa.types.is_dictionary(kind):
        found = without_formulas(table)
        assert found.column_names == ["name", "'=x", "y"]
        assert found.column("name").to_pylist() == quoted
        assert found.column(1).equals(table.column(1))
        assert found.column("y").equals(table.column("y"))
    text = write_frame(table, tmp_path / "a.csv").read_bytes().decode()
    assert '"\'=1+1",-0,"-1"' in text
    assert '"north",-' in text
    assert gzip.decompress(write_frame(table, tmp_path / "a.csv.gz").read_bytes()).decode() == text
    assert '"=1+1",-0' in write_frame(table, tmp_path / "raw.csv", raw=True).read_text("utf-8")
    stored = parquet.read_table(write_frame(table, tmp_path / "a.parquet"))
    assert stored.column("name").to_pylist() == HARMFUL + HARMLESS
    assert stored.column_names == table.column_names


@given(st.lists(st.text(max_size=5), max_size=5))
def test_no_cell_begins_as_a_formula_unless_it_is_a_number(cells):
    for before, after in zip(
        cells, without_formulas(pa.table({"a": pa.array(cells, pa.string())})).column(0).to_pylist(), strict=True
    ):
        assert after in (before, "'" + before)
        if after[:1] in tuple("=+-@\t\r\n"):
            assert np.isfinite(float(after))
