"""Columns as places among their different cells."""

import narwhals as nw
import pandas as pd
import pytest

from divecast.data.tables import dictionary


@pytest.mark.parametrize("dtype", [object, "str", "category"])
def test_text_is_encoded_in_pieces_of_any_type(dtype, monkeypatch) -> None:
    monkeypatch.setattr(dictionary, "_ROWS_AT_ONCE", 2)
    column = pd.Series([None, None, "b", "a", None, None, "c", "b"], dtype=dtype)
    codes, cells = dictionary.encode(nw.from_native(column, series_only=True))
    assert codes.tolist() == [-1, -1, 0, 1, -1, -1, 2, 0]
    assert cells.to_pylist() == ["b", "a", "c"]


@pytest.mark.parametrize("cells", [["a", 1], ["a", b"a"], [True, 1], [1.5, "a"]])
def test_objects_of_several_kinds_are_not(cells) -> None:
    assert dictionary.encode(nw.from_native(pd.Series(cells, dtype=object), series_only=True)) is None
