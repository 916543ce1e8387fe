"""Labels, covariates and facts of series read from wide and long tables of all kinds."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import Covariate, Label, Panel, as_panel, n_future, read_source
from divecast.errors import DataError, DataWarning

HOURS = np.datetime64("2024-01-01T00:00:00", "us") + np.arange(4) * np.timedelta64(1, "h")
KINDS = {
    "pandas": pd.DataFrame,
    "polars": lambda table: pl.DataFrame({name: pl.Series(cells) for name, cells in table.items()}),
    "pyarrow": lambda table: pa.table({name: pa.array(cells, from_pandas=True) for name, cells in table.items()}),
}
FRAMES = pytest.mark.parametrize("frame", list(KINDS.values()), ids=list(KINDS))
NAN = np.nan
PRICE = Covariate("price", per_series=True)
MODE = Label("mode", per_series=True)


def wide(**more):
    return {"ds": HOURS, "a": [1.0, 2.0, 3.0, 4.0], "b": [5.0, 6.0, 7.0, 8.0]} | more


def long(**more):
    return {
        "unique_id": ["a"] * 4 + ["b"] * 4,
        "ds": np.tile(HOURS, 2),
        "y": np.arange(1.0, 9.0),
    } | more


@FRAMES
def test_a_covariate_of_a_wide_table_is_no_channel(frame):
    panel = Panel.from_wide(frame(wide(temp=[1, None, 3, 4], mode=list("xyxy"))), labels=["mode"], covariates=["temp"])
    assert panel.channels == ("a", "b")
    temp = panel.covariate("temp")
    np.testing.assert_array_equal(temp, np.float32([1, NAN, 3, 4]))
    assert temp.dtype == np.float32


@FRAMES
def test_a_shared_covariate_of_a_long_table(frame):
    temp = [1.0, NAN, 3.0, 4.0, 1.0, 2.0, 3.0, NAN]
    panel = Panel.from_long(frame(long(temp=temp)), covariates=["temp"])
    np.testing.assert_array_equal(panel.covariate("temp"), np.float32([1, 2, 3, 4]))


def test_series_that_differ_in_a_shared_column_are_named():
    table = pd.DataFrame(long(temp=[1, 2, 3, 4, 1, 2, 9, 4], mode=list("xyxyxyzy")))
    with pytest.raises(DataError) as caught:
        Panel.from_long(table, covariates=["temp"], labels=["mode"])
    assert caught.value.problem == "Label 'mode' is both 'x' and 'z' at 2024-01-01T02:00:00 UTC (series 'a' and 'b')"
    assert "Label('mode', per_series=True) in {factors}" in caught.value.hint
    with pytest.raises(DataError) as caught:
        Panel.from_long(table, covariates=["temp"], labels=[MODE])
    assert caught.value.problem == "Covariate 'temp' is both 3 and 9 at 2024-01-01T02:00:00 UTC (series 'a' and 'b')"
    assert "Covariate('temp', per_series=True) in {covariates}" in caught.value.hint


@FRAMES
def test_columns_per_series_of_a_long_table(frame):
    table = long(price=[1, 2, 3, 4, 5, None, 7, 8], mode=["x", "y", None, "x", "z", "x", "x", "x"])
    panel = read_source(frame(table), factors=[MODE], covariates=[PRICE])
    np.testing.assert_array_equal(panel.covariate("price"), np.float32([[1, 5], [2, NAN], [3, 7], [4, 8]]))
    assert panel.label_column("mode").tolist() == [["x", "z"], ["y", "x"], [None, "x"], ["x", "x"]]


def test_times_that_a_series_lacks_have_no_covariate_of_it():
    table = pd.DataFrame(long(price=np.arange(8))).iloc[[0, 1, 2, 3, 4, 5, 7]]
    panel = Panel.from_long(table, covariates=[PRICE])
    np.testing.assert_array_equal(panel.covariate("price")[:, 1], [4, 5, NAN, 7])


@given(
    order=st.permutations(range(12)),
    cells=st.lists(st.one_of(st.none(), st.integers(-1000, 1000)), min_size=12, max_size=12),
)
@settings(max_examples=40)
def test_rows_in_any_order_and_kind_give_the_same_covariates(order, cells):
    series, hours = np.repeat(["a", "b", "c"], 4), np.tile(HOURS, 3)
    prices = [None if cell is None else float(cell) for cell in cells]
    table = {
        "unique_id": series[order].tolist(),
        "ds": hours[order],
        "y": np.arange(12.0)[order],
        "price": [prices[place] for place in order],
        "mode": [None if cells[place] is None else f"class {cells[place] % 3}" for place in order],
    }
    expected = np.array([NAN if cell is None else cell for cell in prices], np.float32).reshape(3, 4).T
    modes = np.array([None if cell is None else f"class {cell % 3}" for cell in cells], dtype=object)
    fingerprints = set()
    for kind, frame in KINDS.items():
        native = pd.DataFrame(table) if kind == "pandas" else frame(table)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Time stamps of a series were not in order", DataWarning)
            panel = Panel.from_long(native, covariates=[PRICE], labels=[MODE]).select(["a", "b", "c"])
        np.testing.assert_array_equal(panel.covariate("price"), expected)
        assert panel.values.tolist() == np.arange(12.0).reshape(3, 4).T.tolist()
        labels = panel.label_column("mode")
        if labels.dtype == object:
            assert labels.tolist() == modes.reshape(3, 4).T.tolist()
        fingerprints.add(panel.fingerprint())
    assert len(fingerprints) == 1


@FRAMES
def test_a_covariate_must_hold_numbers(frame):
    with pytest.raises(DataError, match=r"Covariate 'temp' must hold numbers: 'hot' in row 2 .*02:00:00"):
        Panel.from_wide(frame(wide(temp=["1", "2", "hot", "4"])), covariates=["temp"])
    with pytest.raises(
        DataError, match=r"Covariate 'temp' has 1 infinite value, .* row 6 \(counting from 0, series 'b'"
    ):
        Panel.from_long(frame(long(temp=[1.0] * 6 + [np.inf, 1.0])), covariates=["temp"])


def test_columns_without_a_role_are_named():
    table = pd.DataFrame(long(price=np.arange(8), shop=list("ppppqqqq")))
    with pytest.warns(DataWarning) as caught:
        as_panel(table)
    assert [str(one.message) for one in caught] == [
        "Columns 'price', 'shop' of the table are not used. Name them in factors= or covariates=."
    ]


def test_roles_that_contradict_each_other():
    with pytest.raises(DataError, match="'temp' is named as a label and as a covariate"):
        Panel.from_wide(pd.DataFrame(wide(temp=1.0)), labels=["temp"], covariates=["temp"])
    with pytest.raises(DataError, match="no value column beside series and time; labels and covariates are 'y'"):
        Panel.from_long(pd.DataFrame(long()), covariates=["y"])
    with pytest.raises(DataError, match="one column 'price' for all series") as caught:
        Panel.from_wide(pd.DataFrame(wide(price=1.0)), covariates=[PRICE])
    assert "{known}" in caught.value.hint
    with pytest.raises(DataError, match="no column of a covariate 'tmp' among"):
        Panel.from_wide(pd.DataFrame(wide(temp=1.0)), covariates=["tmp"])


def test_a_covariate_that_the_table_lacks():
    table = pd.DataFrame(wide(temp=1.0))
    with pytest.raises(DataError, match=r"no column 'tmp' for the covariate .* Did you mean 'temp'\?"):
        read_source(table, covariates=["tmp"])
    panel = read_source(table.drop(columns="temp"), covariates=["temp"], absent_labels=True)
    assert not panel.has_covariate("temp")


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_hold_covariates_and_facts(tmp_path, suffix):
    facts = pd.DataFrame({"site": ["b", "a"], "area": [55.0, 40.0]})
    facts.to_csv(tmp_path / "facts.csv", index=False)
    for name, table, roles in (("wide", wide(temp=range(4)), ["temp"]), ("long", long(price=range(8)), [PRICE])):
        path, frame = tmp_path / f"{name}{suffix}", pd.DataFrame(table)
        frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
        panel = Panel.read(path, covariates=roles, static=tmp_path / "facts.csv")
        assert panel.fingerprint() == as_panel(frame, covariates=roles, static=facts).fingerprint()
        assert panel.static_column("area").tolist() == [40, 55]


@FRAMES
def test_facts_are_put_to_their_series(frame):
    facts = frame({"kind": ["x", "y", None], "unique_id": ["b", "a", "c"], "area": [1, None, 3]})
    table = frame(wide(c=[0.0] * 4))
    panel = Panel.from_wide(table, static=facts)
    assert panel.static_column("kind").tolist() == ["y", "x", None]
    np.testing.assert_array_equal(panel.static_column("area"), [NAN, 1, 3])
    first = frame({"site": ["a", "b", "c"], "area": [1, 2, 3]})
    assert Panel.from_wide(table, static=first).static_column("area").tolist() == [1, 2, 3]


def test_facts_of_the_id_column():
    table = pd.DataFrame(long()).rename(columns={"unique_id": "shop"})
    facts = pd.DataFrame({"area": [1.0, 2.0], "shop": ["b", "a"]})
    assert Panel.from_long(table, id="shop", static=facts).static_column("area").tolist() == [2, 1]


def test_series_without_facts_and_facts_without_series_are_named():
    facts = pd.DataFrame({"site": ["z", "b"], "area": [1.0, 2.0]})
    with pytest.warns(DataWarning) as caught:
        panel = as_panel(pd.DataFrame(wide()), static=facts)
    assert sorted(str(one.message) for one in caught) == [
        "The table of facts has 1 series that the panel lacks: 'z'",
        "The table of facts lacks 1 series, whose facts are missing: 'a'",
    ]
    np.testing.assert_array_equal(panel.static_column("area"), [NAN, 2])


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({"site": ["a", "b", "a"], "area": [1, 2, 3]}, "several rows for series 'a'"),
        ({"site": ["x", "y"], "area": [1, 2]}, "names none of the series 'a', 'b': 'x', 'y'"),
        ({"site": ["a", "b"]}, "no fact"),
    ],
)
def test_tables_that_are_no_facts(facts, message):
    with pytest.raises(DataError, match=message):
        as_panel(pd.DataFrame(wide()), static=pd.DataFrame(facts))


def test_recordings_take_no_covariates():
    table = pd.DataFrame({"trial": ["p", "p"], "x": [1.0, 2.0], "temp": [1.0, 1.0]})
    with pytest.raises(DataError, match="Recordings have no covariates"):
        read_source(table, recording="trial", covariates=["temp"])


def test_rows_at_the_end_that_only_labels_or_covariates_know_are_of_the_future():
    plain = wide(a=[1.0, 2.0, NAN, NAN], b=[NAN, 1.0, NAN, NAN])
    assert n_future(as_panel(pd.DataFrame(plain))) == 0
    told = pd.DataFrame(plain | {"temp": [1.0, 1.0, NAN, 1.0], "mode": [None, "x", None, None]})
    assert n_future(as_panel(told, covariates=["temp"], labels=["mode"])) == 2
    assert n_future(as_panel(told.drop(columns="temp"), labels=["mode"])) == 0
    assert n_future(as_panel(told.assign(b=1.0), covariates=["temp"], labels=["mode"])) == 0
    per_series = long(y=[1.0, NAN, NAN, NAN] * 2, price=[NAN] * 7 + [3.0])
    assert n_future(as_panel(pd.DataFrame(per_series), covariates=[PRICE])) == 3


def test_rows_of_the_future_are_counted_from_the_end_of_long_data():
    values = np.full((5000, 2), NAN, np.float32)
    values[2900, 1] = 0
    panel = Panel.from_array(values, "2024-01-01", "1h")
    assert n_future(Panel(values, panel.channels, panel.clock, covariates={"t": np.ones(5000, np.float32)})) == 2099


def test_facts_that_say_nothing_are_named():
    facts = pd.DataFrame({"series": ["a", "b"], "area": [NAN, NAN], "kind": ["x", "x"], "size": [1, 2]})
    with pytest.warns(DataWarning, match="say nothing of them: 'area', 'kind'$"):
        as_panel(pd.DataFrame(wide()), static=facts)


def test_a_decimal_comma_in_a_covariate_is_told_apart_from_a_label():
    table = pd.DataFrame(wide()).assign(temp="12,5")
    with pytest.raises(DataError, match=r"must hold numbers: '12,5'.* Pass \",\" as decimal="):
        as_panel(table, covariates=["temp"])
