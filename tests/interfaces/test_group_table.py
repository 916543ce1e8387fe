"""Groups of series as a table."""

from pathlib import Path

import pyarrow as pa
import pytest

from divecast import DataError
from divecast.interfaces.group_table import read_groups


def test_names_are_text_as_written(tmp_path: Path) -> None:
    path = tmp_path / "groups.csv"
    path.write_text("shop;region;land\n001;NA;all\n002;EU;all\n003;;all\n004;EU;\n")
    expected = {"NA": ("001",), "EU": ("002", "004"), "all": ("001", "002", "003")}
    assert {name: set(members) for name, members in read_groups(path).items()} == {
        name: set(members) for name, members in expected.items()
    }


@pytest.mark.parametrize("name", ["unique_id", "Item_ID"])
def test_the_series_are_in_the_column_of_a_usual_name(name: str) -> None:
    table = pa.table({"region": ["a", "a"], name: [1, 2], "also": ["a", "a"]})
    assert read_groups(table) == {"a": ("1", "2")}


def test_groups_may_have_a_usual_name_too() -> None:
    assert read_groups(pa.table({"meter": ["a", "b"], "site_id": ["s", "s"]})) == {"s": ("a", "b")}


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"series": ["a"]}, "no group of the series"),
        ({"series": ["a", "a"], "side": ["l", "r"]}, "several rows for series 'a'"),
        ({"series": ["a", "b"], "side": ["x", "y"], "all": ["x", "x"]}, "called 'x', one of them in column 'all'"),
    ],
)
def test_mistakes_are_named(columns: dict[str, list[str]], said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_groups(pa.table(columns))
