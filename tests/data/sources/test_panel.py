"""Panels from tables, arrays and files."""

import gzip
import warnings
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import Panel, align, as_panel
from divecast.errors import DataError, DataWarning

HOURS = np.datetime64("2024-01-01T00:00:00", "us") + np.arange(6) * np.timedelta64(1, "h")


def columns(**more):
    return {
        "ds": HOURS,
        "b": np.array([1, 2, 3, 4, 5, 6]),
        "a": np.array([0.5, np.nan, 1.5, 2.5, np.nan, 3.5]),
        "c": np.array([True, False, True, True, False, True]),
    } | more


def pandas_frame(table):
    return pd.DataFrame(table)


def polars_frame(table):
    return pl.DataFrame({name: pl.Series(column, strict=False) for name, column in table.items()})


def arrow_frame(table):
    return pa.table({name: pa.array(column) for name, column in table.items()})


FRAMES = pytest.mark.parametrize("frame", [pandas_frame, polars_frame, arrow_frame])
EXPECTED = np.array(
    [[1, 0.5, 1], [2, np.nan, 0], [3, 1.5, 1], [4, 2.5, 1], [5, np.nan, 0], [6, 3.5, 1]], dtype=np.float32
)


@FRAMES
def test_wide_tables_of_all_kinds_give_one_panel(frame):
    panel = Panel.from_wide(frame(columns()))
    assert panel.channels == ("b", "a", "c")
    np.testing.assert_array_equal(panel.values, EXPECTED)
    np.testing.assert_array_equal(panel.mask, ~np.isnan(EXPECTED))
    np.testing.assert_array_equal(panel.clock.stamps(), HOURS)
    assert panel.values.dtype == np.float32
    assert panel.values.flags.f_contiguous
    assert panel.fingerprint() == Panel.from_array(EXPECTED, "2024-01-01", "1h", ["b", "a", "c"]).fingerprint()


def test_backend_is_the_callers_kind():
    kinds = [Panel.from_wide(frame(columns())).backend for frame in (pandas_frame, polars_frame, arrow_frame)]
    assert kinds == ["pandas", "polars", "pyarrow"]
    assert Panel.from_array(EXPECTED, "2024-01-01", "1h").backend == "numpy"


def long_columns():
    wide = columns()
    names = ["b", "a", "c"]
    return {
        "unique_id": np.repeat(names, 6),
        "ds": np.tile(HOURS, 3),
        "y": np.concatenate([np.asarray(wide[name], dtype=float) for name in names]),
    }


@FRAMES
def test_long_and_wide_are_the_same(frame):
    long = Panel.from_long(frame(long_columns()))
    assert long.fingerprint() == Panel.from_wide(frame(columns())).fingerprint()
    assert as_panel(frame(long_columns())).fingerprint() == long.fingerprint()


def test_rows_absent_from_a_long_table_are_missing():
    table = pd.DataFrame(long_columns()).dropna()
    assert Panel.from_long(table).fingerprint() == Panel.from_wide(pandas_frame(columns())).fingerprint()


def test_lazy_polars_frame():
    assert as_panel(polars_frame(columns()).lazy()).fingerprint() == as_panel(polars_frame(columns())).fingerprint()


def test_pandas_index_of_times_and_names_that_are_numbers():
    frame = pd.DataFrame(EXPECTED, index=pd.DatetimeIndex(HOURS, name="utc"))
    panel = Panel.from_wide(frame)
    assert panel.channels == ("0", "1", "2")
    np.testing.assert_array_equal(panel.values, EXPECTED)
    assert Panel.from_wide(frame, time="utc").fingerprint() == panel.fingerprint()


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "boolean", "int64[pyarrow]"])
def test_nullable_pandas_columns(dtype):
    frame = pd.DataFrame({"ds": HOURS, "a": pd.array([1, None, 0, 1, None, 1], dtype=dtype)})
    np.testing.assert_array_equal(Panel.from_wide(frame).values[:, 0], np.float32([1, np.nan, 0, 1, np.nan, 1]))


@FRAMES
def test_a_channel_without_any_value(frame):
    panel = Panel.from_wide(frame(columns(d=[None] * 6)))
    assert np.isnan(panel.values[:, 3]).all()


def test_decimals():
    table = pa.table({"ds": HOURS, "a": pa.array([1, 2, 3, 4, 5, None]).cast(pa.decimal128(21, 2))})
    np.testing.assert_array_equal(Panel.from_wide(table).values[:, 0], np.float32([1, 2, 3, 4, 5, np.nan]))


@FRAMES
def test_zoned_stamps_are_converted(frame):
    zoned = pd.Series(HOURS).dt.tz_localize("Asia/Kolkata")
    table = pl.DataFrame({"ds": pl.Series(HOURS).dt.replace_time_zone("Asia/Kolkata"), "a": range(6)})
    native = {
        pandas_frame: lambda: pd.DataFrame({"ds": zoned, "a": range(6)}),
        polars_frame: lambda: table,
        arrow_frame: table.to_arrow,
    }[frame]()
    assert Panel.from_wide(native, tz="Europe/Berlin").clock.start == np.datetime64("2023-12-31T18:30:00")


@FRAMES
def test_labels_are_no_channels(frame):
    table = columns(mode=["x", None, "y", "x", "x", None], level=[1, 2, 3, 4, 5, 6])
    panel = Panel.from_wide(frame(table), labels=["mode", "level"])
    assert panel.channels == ("b", "a", "c")
    assert panel.label_column("mode").tolist() == ["x", None, "y", "x", "x", None]
    assert panel.label_column("level").tolist() == [1, 2, 3, 4, 5, 6]
    with pytest.raises(DataError, match="'mood' among 'level', 'mode'"):
        panel.label_column("mood")


def test_labels_of_a_long_table_are_shared_by_time():
    table = pd.DataFrame(long_columns()).assign(mode=["x", None, "y", "x", "x", None] * 3)
    assert Panel.from_long(table, labels=["mode"]).label_column("mode").tolist() == ["x", None, "y", "x", "x", None]
    table.loc[8, "mode"] = "z"
    with pytest.raises(DataError, match=r"'mode' is both 'y' and 'z' at 2024-01-01T02:00:00"):
        Panel.from_long(table, labels=["mode"])


def test_gaps_and_disorder_are_put_right_and_reported():
    table = pd.DataFrame(columns(mode=list("uvwxyz"))).iloc[[5, 0, 1, 3, 4]]
    with pytest.warns(DataWarning) as caught:
        panel = Panel.from_wide(table, labels=["mode"])
    assert sorted(str(warning.message)[:4] for warning in caught) == ["1 of", "Time"]
    np.testing.assert_array_equal(panel.values, np.where(np.arange(6)[:, None] == 2, np.nan, EXPECTED))
    assert panel.label_column("mode").tolist() == ["u", "v", None, "x", "y", "z"]


def test_unsorted_long_table():
    with pytest.warns(DataWarning, match="not in order"):
        panel = Panel.from_long(pd.DataFrame(long_columns()).iloc[::-1])
    expected = Panel.from_wide(pandas_frame(columns())).select(["c", "a", "b"])
    assert panel.fingerprint() == expected.fingerprint()


def test_exact_repeats_are_dropped_and_reported():
    table = pd.DataFrame(columns()).iloc[[0, 1, 1, 2, 3, 4, 5]]
    with pytest.warns(DataWarning, match="1 table row that repeats .*2024-01-01T01:00:00"):
        panel = Panel.from_wide(table)
    np.testing.assert_array_equal(panel.values, EXPECTED)
    long = pd.DataFrame(long_columns())
    with pytest.warns(DataWarning, match="2 table rows that repeat"):
        again = Panel.from_long(pd.concat([long, long.iloc[:2]]).sort_values(["unique_id", "ds"]))
    assert again.select(["b", "a", "c"]).fingerprint() == panel.fingerprint()


def test_repeats_with_other_values():
    table = pd.DataFrame(columns()).iloc[[0, 1, 1, 2, 3, 4, 5]].reset_index(drop=True)
    table.loc[2, "b"] = 9
    with pytest.raises(DataError, match=r"2024-01-01T01:00:00 UTC but different values: column 'b' has 2 and 9"):
        Panel.from_wide(table)
    long = pd.DataFrame(long_columns())
    twin = long.iloc[[7]].assign(y=4.0)
    with pytest.raises(DataError, match=r"but different values: column 'y' has nan and 4"):
        Panel.from_long(pd.concat([long.iloc[:8], twin, long.iloc[8:]]))


def test_double_hour_in_a_long_table_is_counted_in_each_series():
    utc = pd.date_range("2016-10-29 22:00", periods=8, freq="h", tz="UTC")
    wall = utc.tz_convert("Europe/Berlin").tz_localize(None)
    table = pd.DataFrame({"unique_id": np.repeat(["u", "v"], 8), "ds": np.tile(wall, 2), "y": np.arange(16.0)})
    panel = Panel.from_long(table, tz="Europe/Berlin")
    np.testing.assert_array_equal(panel.values, np.arange(16.0).reshape(2, 8).T)
    np.testing.assert_array_equal(panel.clock.stamps(), utc.tz_localize(None).to_numpy())


@FRAMES
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ({"a": ["1", "2", "n/a", "4", "5", "6"]}, "Channel 'a'.* 'n/a' in row 2 .*2024-01-01T02:00:00 UTC"),
        (
            {"a": [1.0, 2.0, 3.0, -np.inf, 5.0, 6.0]},
            "'a' has 1 infinite value, .* row 3 .*2024-01-01T03:00:00 UTC",
        ),
        ({"a": [1.0, 1e39, 3.0, 4.0, 5.0, 6.0]}, "Channel 'a' exceeds .*float32.* 1e.39 in row 1"),
    ],
)
def test_bad_cells(frame, bad, message):
    with pytest.raises(DataError, match=message):
        Panel.from_wide(frame(columns(**bad)))


@FRAMES
def test_bad_cell_in_a_long_table_names_series_and_time(frame):
    table = long_columns()
    table["y"][8] = np.inf
    with pytest.raises(DataError, match=r"row 8 \(counting from 0, series 'a', 2024-01-01T02:00:00 UTC\)"):
        Panel.from_long(frame(table))


@FRAMES
def test_tables_that_are_no_panel(frame):
    with pytest.raises(DataError, match="no channel beside time"):
        Panel.from_wide(frame({"ds": HOURS}))
    with pytest.raises(DataError, match="The table has no rows"):
        Panel.from_wide(frame({"ds": HOURS[:0], "a": HOURS[:0].astype(float)}))
    with pytest.raises(DataError, match="time column 'when'"):
        Panel.from_wide(frame(columns()), time="when")
    with pytest.raises(DataError, match="no label column 'mood' among"):
        Panel.from_wide(frame(columns()), labels=["mood"])
    with pytest.raises(DataError, match=r"No column of .* is a time"):
        Panel.from_wide(frame({"a": np.arange(3.0)}))
    with pytest.raises(DataError, match=r"'one', 'two' may all hold the time"):
        Panel.from_wide(frame({"one": HOURS, "two": HOURS, "a": np.arange(6)}))
    with pytest.raises(DataError, match="no value column beside series and time"):
        Panel.from_long(frame({"unique_id": ["u"], "ds": HOURS[:1]}))
    with pytest.raises(DataError, match="'unique_id' has no name in row 1"):
        Panel.from_long(frame({"unique_id": ["u", None], "ds": HOURS[:2], "y": [1.0, 2.0]}))


def test_duplicated_channel_names():
    frame = pd.DataFrame(EXPECTED, columns=["a", "b", "a"], index=HOURS)
    message = r"^More than one column is called 'a'\. Rename them\.$"
    for native in (frame, pa.table([HOURS, EXPECTED[:, 0], EXPECTED[:, 1]], names=["ds", "a", "a"])):
        with pytest.raises(DataError, match=message):
            Panel.from_wide(native)
    with pytest.raises(DataError, match="More than one channel is called 'a'"):
        Panel.from_array(EXPECTED, "2024-01-01", "1h", ["a", "b", "a"])


@pytest.mark.parametrize("data", [{"a": [1, 2]}, 5, None])
def test_no_table_at_all(data):
    with pytest.raises(DataError, match="Expected a pandas, polars or pyarrow table"):
        as_panel(data)


def test_an_array_alone_has_no_clock():
    with pytest.raises(DataError, match=r"Panel.from_array"):
        as_panel(EXPECTED)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((0, 3)), "not empty"),
        (np.zeros((2, 3, 4)), r"\(2, 3, 4\)"),
        (np.array([["a"]]), "array of numbers"),
        (
            np.float32([[1.0], [np.inf]]),
            r"'c0' has 1 infinite value, the first in row 1 \(2024-01-01T01:00:00 UTC\)",
        ),
        (
            np.array([[1.0], [np.inf]]),
            r"'c0' has 1 infinite value, the first in row 1 \(2024-01-01T01:00:00 UTC\)",
        ),
        (np.array([[1.0], [1e300]]), "float32"),
    ],
)
def test_bad_arrays(values, message):
    with pytest.raises(DataError, match=message):
        Panel.from_array(values, "2024-01-01", "1h")


def test_names_must_fit_the_array():
    with pytest.raises(DataError, match="Expected 3 channel names, got 1"):
        Panel.from_array(EXPECTED, "2024-01-01", "1h", ["a"])


def test_a_float32_array_is_not_copied():
    assert np.shares_memory(Panel.from_array(EXPECTED, "2024-01-01", "1h").values, EXPECTED)


def test_rows_are_a_view():
    panel = Panel.from_wide(pandas_frame(columns(mode=list("uvwxyz"))), labels=["mode"])
    part = panel.rows(2, 5)
    assert np.shares_memory(part.values, panel.values)
    assert part.clock.row_of("2024-01-01 04:00") == 2
    assert part.label_column("mode").tolist() == ["w", "x", "y"]
    for first, last in ((0, 7), (-1, 3), (3, 3)):
        with pytest.raises(DataError, match="rows within 0 to 6"):
            panel.rows(first, last)


@given(order=st.lists(st.sampled_from("abcd"), min_size=1, max_size=4, unique=True))
@settings(max_examples=30)
def test_select_takes_the_channels_asked_for(order):
    values = np.arange(20, dtype=np.float32).reshape(5, 4)
    panel = Panel.from_array(values, "2024-01-01", "1h", list("abcd")).select(order)
    assert panel.channels == tuple(order)
    np.testing.assert_array_equal(panel.values, values[:, ["abcd".index(name) for name in order]])


@pytest.mark.parametrize("wanted", [["a", "z"], [], ["a", "a"]])
def test_select_refuses(wanted):
    with pytest.raises(DataError):
        Panel.from_array(EXPECTED, "2024-01-01", "1h", list("abc")).select(wanted)


def test_fingerprint_depends_on_content_and_not_on_layout():
    base = Panel.from_array(EXPECTED, "2024-01-01", "1h")
    assert base.fingerprint() == Panel.from_array(np.asfortranarray(EXPECTED), "2024-01-01", "1h").fingerprint()
    changed = EXPECTED.copy()
    changed[5, 2] = 0
    others = [
        Panel.from_array(changed, "2024-01-01", "1h"),
        Panel.from_array(EXPECTED, "2024-01-02", "1h"),
        Panel.from_array(EXPECTED, "2024-01-01", "1h", list("xyz")),
    ]
    assert len({base.fingerprint(), *(other.fingerprint() for other in others)}) == 4


def test_align_puts_order_right_and_drops_surplus():
    panel = Panel.from_array(EXPECTED, "2024-01-01", "1h", list("abc"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert align(panel, ["a", "b", "c"]).channels == ("a", "b", "c")
    with pytest.warns(DataWarning, match="put in the order of the model"):
        np.testing.assert_array_equal(align(panel, ["c", "a", "b"]).values, EXPECTED[:, [2, 0, 1]])
    with pytest.warns(DataWarning, match=r"1 channel unknown to the model left out: 'b'"):
        assert align(panel, ["a", "c"]).channels == ("a", "c")
    with pytest.raises(DataError, match=r"missing: 'd'; unknown to it: 'a', 'b', 'c'"):
        align(panel, ["d"])


@pytest.mark.parametrize("layout", [columns, long_columns])
@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_files_read_as_tables_do(tmp_path, layout, suffix):
    path = tmp_path / f"panel{suffix}"
    frame = pd.DataFrame(layout())
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_csv(path, index=False)
    assert as_panel(path).fingerprint() == as_panel(frame).fingerprint()
    assert as_panel(str(path)).fingerprint() == as_panel(frame).fingerprint()


def test_csv_with_a_text_cell(tmp_path):
    path = tmp_path / "panel.csv"
    path.write_text("time,a,b\n2024-01-01 00:00,1,2\n2024-01-01 01:00,,3\n2024-01-01 02:00,broken,4\n")
    with pytest.raises(
        DataError, match=r"Channel 'a'.* 'broken' in line 4 of panel.csv .*2024-01-01T02:00:00 UTC.*labels"
    ):
        as_panel(path)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="There is no file"):
        Panel.read(tmp_path / "absent.csv")
    (tmp_path / "panel.doc").write_bytes(b"PK")
    with pytest.raises(DataError, match=r"ends in .csv"):
        Panel.read(tmp_path / "panel.doc")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"table in cut.parquet cannot be read"):
        Panel.read(tmp_path / "cut.parquet")
    packed = gzip.compress(b"ds,a\n" + b"2024-01-01,1\n" * 5000)
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(DataError):
        Panel.read(tmp_path / "cut.csv.gz")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(DataError, match=r"empty.csv"):
        Panel.read(tmp_path / "empty.csv")


def test_a_packed_file_that_is_none(tmp_path):
    (tmp_path / "short.csv.gz").write_bytes(b"\x1f\x8b and no more")
    with pytest.raises(DataError, match=r"short\.csv\.gz"):
        Panel.read(tmp_path / "short.csv.gz")


def test_names_with_marks_are_no_separators(tmp_path):
    (tmp_path / "panel.csv").write_text("\ufeffds,a;b\n2024-01-01 00:00,1\n2024-01-01 01:00,2\n", encoding="utf-8")
    assert Panel.read(tmp_path / "panel.csv").channels == ("a;b",)


def test_whole_numbers_that_no_float_has_are_rounded_in_every_kind_of_table():
    for frame in (pandas_frame, polars_frame, arrow_frame):
        panel = Panel.from_wide(frame(columns(b=np.full(6, 2**62 + 1))))
        assert set(panel.values[:, 0]) == {np.float32(2**62)}


def test_cells_of_other_kinds_of_numbers():
    cells = [Decimal("1.5"), Decimal("NaN"), Fraction(1, 4), pd.NA, pd.NaT, np.int8(3)]
    panel = Panel.from_wide(pd.DataFrame({"ds": HOURS, "a": pd.Series(cells, dtype=object)}))
    np.testing.assert_array_equal(panel.values[:, 0], np.array([1.5, np.nan, 0.25, np.nan, np.nan, 3], np.float32))
    cells[2] = -(10**400)
    with pytest.raises(DataError, match=r"Channel 'a' has 1 infinite value, the first in row 2"):
        Panel.from_wide(pd.DataFrame({"ds": HOURS, "a": pd.Series(cells, dtype=object)}))


def test_names_of_series_that_are_no_names():
    table = pa.table({"unique_id": [[1], [2]], "ds": HOURS[:2], "y": [1.0, 2.0]})
    with pytest.raises(DataError, match=r"'unique_id' must hold names as text or numbers: \[1\] in row 0"):
        Panel.from_long(table)


@pytest.mark.parametrize("tz", [5, b"UTC", "", "../../etc/passwd", "Europe/Berlin\0"])
def test_what_is_no_zone(tz):
    with pytest.raises(DataError, match="Expected a time zone"):
        Panel.from_wide(pandas_frame(columns()), tz=tz)
    with pytest.raises(DataError, match="Expected a time zone"):
        Panel.from_array(EXPECTED, "2024-01-01", "1h", tz=tz)


@pytest.mark.parametrize("values", [3.0, [[1.0], [1.0, 2.0]], np.zeros((2, 2, 2)), np.zeros((0, 2)), []])
def test_arrays_that_are_no_tables(values):
    with pytest.raises(DataError, match=r"Expected an array \(row, channel\)"):
        Panel.from_array(values, "2024-01-01", "1h")
