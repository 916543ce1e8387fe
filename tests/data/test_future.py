"""Rows of the future, added to a panel or given in a second table."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from divecast.data import Covariate, Label, Panel, Recordings, add_future, as_panel, n_future, read_source
from divecast.errors import DataError, DataWarning

DAYS = pd.date_range("2024-01-01", periods=10)
PROMO, TEMP = Label("promo"), Covariate("temp")
PRICE = Covariate("price", per_series=True)
NAN = np.nan
WHOLE = pd.DataFrame(
    {"ds": DAYS, "a": np.arange(10.0), "b": np.arange(10.0) * 2, "promo": list("nynnynynny"), "temp": np.arange(10) + 5}
)
LONG = pd.DataFrame(
    {
        "unique_id": ["a"] * 10 + ["b"] * 10,
        "ds": [*DAYS, *DAYS],
        "y": np.arange(20.0),
        "price": np.arange(20.0) + 100,
        "promo": list("nynnynynny" * 2),
    }
)


def past(n=6, **more):
    return as_panel(WHOLE.iloc[:n], labels=["promo"], covariates=["temp"], **more)


def future(first=6, last=10):
    return WHOLE.iloc[first:last].drop(columns=["a", "b"])


KINDS = [pd.DataFrame, pl.from_pandas, pa.Table.from_pandas]


@pytest.mark.parametrize("kind", KINDS)
def test_the_past_and_its_future_are_the_whole_without_later_values(kind):
    longer = add_future(past(), kind(future()), [PROMO], [TEMP])
    whole = as_panel(WHOLE.assign(**{name: WHOLE[name].where(WHOLE.index < 6) for name in "ab"}), **ROLES)
    assert longer.fingerprint() == whole.fingerprint()
    assert longer.label_column("promo").tolist() == list("nynnynynny")
    assert n_future(longer) == n_future(whole) == 4
    assert longer.values.flags.f_contiguous
    assert longer.covariate("temp").dtype == np.float32


ROLES = {"labels": ["promo"], "covariates": ["temp"]}


def test_a_file_of_the_future(tmp_path):
    future().to_csv(tmp_path / "future.csv", index=False)
    longer = add_future(past(), tmp_path / "future.csv", [PROMO], ["temp"])
    assert longer.fingerprint() == add_future(past(), future(), [PROMO], ["temp"]).fingerprint()


def test_earlier_rows_are_left_out():
    with pytest.warns(
        DataWarning, match=r"2 rows of the table of the future before 2024-01-07.* the data have them already"
    ):
        longer = add_future(past(), future(4), [PROMO], [TEMP])
    assert longer.fingerprint() == add_future(past(), future(), [PROMO], [TEMP]).fingerprint()
    with (
        pytest.raises(DataError, match="no row for the data: expected rows of these series from 2024-01-07"),
        pytest.warns(DataWarning),
    ):
        add_future(past(), future(2, 5), [PROMO], [TEMP])


def test_a_gap_is_missing_and_reported():
    with pytest.warns(DataWarning, match="no row for 2 of 4 times, the first at 2024-01-07"):
        longer = add_future(past(), future().iloc[[1, 3]], [PROMO], [TEMP])
    np.testing.assert_array_equal(longer.covariate("temp")[6:], [NAN, 12, NAN, 14])
    assert longer.label_column("promo")[6:].tolist() == [None, "n", None, "y"]
    assert n_future(longer) == 4


def test_a_stamp_far_away_is_a_mistake():
    wrong = future().assign(ds=[*DAYS[6:9], pd.Timestamp("2124-01-01")])
    with pytest.raises(DataError, match=r"no row for .* times"):
        add_future(past(), wrong, [PROMO], [TEMP])


@pytest.mark.parametrize(
    ("stamps", "message"),
    [
        (
            pd.date_range("2024-01-07", periods=4, freq="12h"),
            "expected times every 1D .*, got 2024-01-07T12:00:00 UTC",
        ),
        (pd.date_range("2024-01-07", periods=4, freq="2D"), "expected a row every 1D, got only every 2"),
    ],
)
def test_another_step_is_refused(stamps, message):
    with pytest.raises(DataError, match=message):
        add_future(past(), future().assign(ds=stamps), [PROMO], [TEMP])


def test_what_is_not_used_is_named():
    table = future().assign(a=1.0, b=NAN, wind=3.0)
    with pytest.warns(DataWarning) as caught:
        add_future(past(), table, [PROMO], [TEMP])
    assert sorted(str(one.message) for one in caught) == [
        "Column 'wind' of the table of the future is not used. Name it in factors= or covariates=.",
        "Values to forecast, in 'a' of the table of the future, are not used",
    ]


def test_what_the_future_lacks_is_missing_and_named():
    with pytest.warns(DataWarning, match="no column 'promo'"):
        longer = add_future(past(), future().drop(columns="promo"), [PROMO], [TEMP])
    assert longer.label_column("promo")[6:].tolist() == [None] * 4
    later = Covariate("temp", known_ahead=False)
    longer = add_future(past(), future().drop(columns="temp"), [PROMO], [later])
    assert np.isnan(longer.covariate("temp")[6:]).all()
    with pytest.raises(DataError, match=r"no column of the labels and covariates 'wind', only 'ds', 'promo', 'temp'"):
        add_future(past(), future(), [], ["wind"])


def test_a_column_that_the_past_lacks_begins_in_the_future():
    panel = as_panel(WHOLE.iloc[:6][["ds", "a", "b"]])
    longer = add_future(panel, future(), [PROMO], [TEMP])
    np.testing.assert_array_equal(longer.covariate("temp"), [NAN] * 6 + [11, 12, 13, 14])
    assert longer.label_column("promo").tolist() == [None] * 6 + list("ynny")


def test_a_future_by_time_and_series():
    first, rest = LONG[LONG.ds < DAYS[6]], LONG[LONG.ds >= DAYS[6]].drop(columns="y")
    panel = as_panel(first, labels=["promo"], covariates=[PRICE])
    for table in (rest, rest.sample(frac=1, random_state=0)):  # the panel says that a price is one per series
        longer = add_future(panel, table, [PROMO], ["price"])
        expected = as_panel(LONG.assign(y=LONG.y.where(LONG.ds < DAYS[6])), labels=["promo"], covariates=[PRICE])
        assert longer.fingerprint() == expected.fingerprint()
        assert longer.label_column("promo").tolist() == list("nynnynynny")


def test_the_future_of_a_series_that_ended_earlier_follows_its_last_value():
    is_a, day = LONG["unique_id"] == "a", LONG["ds"].dt.day
    panel = as_panel(LONG[day <= np.where(is_a, 6, 3)], labels=["promo"], covariates=[PRICE])
    ahead = LONG.drop(columns="y")[(day > np.where(is_a, 6, 3)) & (day <= np.where(is_a, 10, 5))]
    longer = add_future(panel, ahead, [PROMO], [PRICE])
    prices = [[*range(100, 110)], [110, 111, 112, 113, 114, *[NAN] * 5]]
    np.testing.assert_array_equal(longer.covariate("price").T, prices)
    assert longer.label_column("promo").tolist() == list("nynnynynny")
    assert n_future(longer) == 4
    repeated = pd.concat([LONG.drop(columns="y")[is_a & (day < 6)].assign(price=0.0), ahead])
    with pytest.warns(DataWarning, match="5 rows of the table of the future before .* left out, as the data have them"):
        again = add_future(panel, repeated, [PROMO], [PRICE])
    assert again.fingerprint() == longer.fingerprint()


def test_series_that_one_of_the_two_lacks():
    first, rest = LONG[LONG.ds < DAYS[6]], LONG[LONG.ds >= DAYS[6]].drop(columns=["y", "promo"])
    panel = as_panel(first.drop(columns="promo"), covariates=[PRICE])
    with pytest.warns(DataWarning) as caught:
        longer = add_future(panel, rest.replace({"unique_id": {"b": "z"}}), [], [PRICE])
    assert sorted(str(one.message) for one in caught) == [
        "The table of the future has 1 series that the data lack, left out: 'z'",
        "The table of the future lacks 1 series, of which nothing is known: 'b'",
    ]
    np.testing.assert_array_equal(longer.covariate("price")[6:], [[price, NAN] for price in range(106, 110)])


def test_a_price_by_time_alone_is_that_of_every_series():
    panel = as_panel(LONG[LONG.ds < DAYS[6]].drop(columns="promo"), covariates=[PRICE])
    longer = add_future(panel, pd.DataFrame({"ds": DAYS[6:8], "price": [1.0, 2.0]}), [], [PRICE])
    assert longer.covariate("price")[6:].tolist() == [[1, 1], [2, 2]]


def test_rows_of_the_future_that_contradict_each_other():
    table = pd.concat([future(), future().iloc[:1].assign(temp=99)])
    with pytest.raises(DataError, match=r"Several rows have the time 2024-01-07T00:00:00 UTC but different values"):
        add_future(past(), table, [PROMO], [TEMP])


def test_numbers_become_text_beside_text():
    panel = as_panel(WHOLE.iloc[:6].assign(promo=[0, 1, 0, 1, 0, 1]), labels=["promo"])
    panel = Panel(panel.values[:, :2], panel.channels[:2], panel.clock, panel.labels)
    longer = add_future(panel, future()[["ds", "promo"]], [PROMO])
    assert longer.label_column("promo").tolist() == list("010101ynny")
    unknown = add_future(panel, future()[["ds"]].assign(promo=[None] * 4), [PROMO])
    np.testing.assert_array_equal(unknown.label_column("promo"), [0, 1, 0, 1, 0, 1, NAN, NAN, NAN, NAN])


@pytest.mark.parametrize(
    ("step", "tz", "freq"), [("1D", "Europe/Berlin", "D"), ("1MS", "UTC", "MS"), ("15min", "UTC", "15min")]
)
def test_steps_of_the_calendar(step, tz, freq):
    stamps = pd.date_range("2024-03-01", periods=45, freq=freq)
    panel = Panel.from_array(np.zeros((40, 1)), "2024-03-01", step, tz=tz)
    longer = add_future(panel, pd.DataFrame({"ds": stamps[40:], "temp": np.arange(5.0)}), [], ["temp"])
    assert longer.covariate("temp")[40:].tolist() == [0, 1, 2, 3, 4]
    rows, exact = panel.clock.rows_at(panel.clock.stamps(-3, 60))
    assert rows.tolist() == list(range(-3, 60))
    assert exact.all()
    rows, exact = panel.clock.rows_at(panel.clock.stamps(-3, 60) + np.timedelta64(1, "s"))
    assert rows.tolist() == list(range(-3, 60))
    assert not exact.any()


def test_a_second_table_by_time_adds_columns_and_the_future():
    second = WHOLE[["ds", "promo", "temp"]]
    main = WHOLE.iloc[:6][["ds", "a", "b"]]
    panel = read_source(main, factors=[PROMO], covariates=[TEMP], known=second)
    assert panel.fingerprint() == add_future(past(), future(), [PROMO], [TEMP]).fingerprint()
    assert panel.label_column("promo").tolist() == list("nynnynynny")
    assert n_future(panel) == 4
    assert as_panel(main, labels=["promo"], covariates=["temp"], known=second).fingerprint() == panel.fingerprint()
    assert read_source(as_panel(main), factors=[PROMO], covariates=[TEMP], known=second).fingerprint() == (
        panel.fingerprint()
    )


def test_a_second_table_by_time_and_series(tmp_path):
    LONG[["unique_id", "ds", "price"]].to_csv(tmp_path / "prices.csv", index=False)
    panel = as_panel(WHOLE, labels=["promo"], covariates=["temp", PRICE], known=tmp_path / "prices.csv")
    assert panel.covariate("price").tolist() == [[100 + row, 110 + row] for row in range(10)]
    assert n_future(panel) == 0
    assert panel.channels == ("a", "b")


def test_a_second_table_that_does_not_reach_over_all_rows():
    second = pd.concat([WHOLE.iloc[2:9][["ds", "temp"]], pd.DataFrame({"ds": [pd.Timestamp("2023-12-31")], "temp": 0})])
    with pytest.warns(DataWarning) as caught:
        panel = as_panel(WHOLE[["ds", "a"]], covariates=["temp"], known=second)
    title, first = "The table of what is known", "2024-01-01T00:00:00 UTC"
    assert sorted(str(one.message) for one in caught) == [
        "1 row of the table of what is known before 2024-01-01T00:00:00 UTC left out, as the data begin there",
        f"{title} has no row for 3 of 10 times, the first at {first}; what it tells is missing there",
    ]
    np.testing.assert_array_equal(panel.covariate("temp"), [NAN, NAN, *range(7, 14), NAN])


def test_a_second_table_that_adds_nothing():
    with pytest.raises(DataError, match="adds no label or covariate") as caught:
        as_panel(WHOLE, labels=["promo"], covariates=["temp"], known=future())
    assert caught.value.argument == "known"
    with pytest.raises(DataError, match="No row of the table of labels names a recording"):
        read_source("motion", known=future())


def test_recordings_have_no_future():
    assert n_future(Recordings.from_arrays([np.full((3, 1), NAN)], labels={"g": ["x"]})) == 0


def test_a_future_with_its_hours_beside_its_dates():
    hour = pd.date_range("2024-03-30", periods=72, freq="h")  # with the hour that summer time skips
    table = pd.DataFrame({"date": hour.strftime("%Y-%m-%d"), "hour": hour.hour, "a": hour.hour + 1.0, "temp": 5.0})
    table.loc[26, ["a", "temp"]] = np.nan
    words = {"time": "date", "tz": "Europe/Berlin", "covariates": ["temp"]}
    with pytest.warns(DataWarning, match="read as the hour"), pytest.warns(DataWarning, match="skips that hour"):
        whole = as_panel(table, **words)
    with pytest.warns(DataWarning, match="read as the hour"):
        past = as_panel(table[:24], **words)
    with pytest.warns(DataWarning, match="read as the hour"), pytest.warns(DataWarning, match="skips that hour"):
        longer = add_future(past, table[24:].drop(columns="a"), (), ["temp"])
    assert longer.clock == whole.clock
    np.testing.assert_array_equal(longer.covariate("temp"), whole.covariate("temp"))
