"""Time stamps as text: periods, day first or month first, twelve hours, and what cannot be told apart."""

import numpy as np
import pandas as pd
import pytest

from divecast.data import Panel, infer_clock
from divecast.data.time.stamps import StampForm, zoned_stamps
from divecast.errors import DataError

DAYS = pd.date_range("2023-12-20", periods=40, freq="12h")
MONTHS = pd.period_range("2018-01", periods=30, freq="M")


def read(texts, form=None):
    return zoned_stamps(list(texts), form=StampForm(text=form))[0]


@pytest.mark.parametrize(
    "form",
    [
        *(
            "%d/%m/%Y %H:%M",
            "%m/%d/%Y %I:%M %p",
            "%d.%m.%Y %H:%M:%S",
            "%d-%m-%Y, %H:%M",
            "%Y/%m/%d %H:%M",
            "%d.%m.%y %H:%M",
        ),
        *(
            "%y-%m-%d %H:%M",
            "%d %b %Y %H:%M",
            "%B %d, %Y %I:%M%p",
            "%d-%b-%y %I.%M.%S %p",
            "%Y%m%dT%H%M%S",
            "%Y%m%d%H%M",
        ),
        *("%Y%m%d%H", "%a %d %b %Y %H:%M", "%d.%m.%Y %H:%M Uhr", "%Y-%m-%dT%H:%M:%SZ", "%d/%m/%Y %H:%M:%S+00:00"),
    ],
)
def test_a_form_that_the_texts_decide(form):
    texts = DAYS.strftime(form)
    np.testing.assert_array_equal(read(texts), DAYS.to_numpy())
    np.testing.assert_array_equal(read(texts, form.replace("Z", "%z").replace("+00:00", "%z")), DAYS.to_numpy())


@pytest.mark.parametrize(
    ("texts", "step"),
    [
        *((MONTHS.strftime(form), "1MS") for form in ("%Y-%m", "%Y%m", "%m/%Y", "%b %Y", "%b-%y", "%YM%m")),
        ([f"{year}{sign}Q{n}" for year in (2018, 2019) for n in range(1, 5) for sign in ("-",)], "3MS"),
        ([f"{year}Q{n}" for year in (2018, 2019) for n in range(1, 5)], "3MS"),
        ([f"Q{n} {year}" for year in (2018, 2019) for n in range(1, 5)], "3MS"),
        ([str(year) for year in range(1990, 2020)], "12MS"),
        (list(range(1990, 2020)), "12MS"),
        (
            [
                f"{day.isocalendar()[0]}-W{day.isocalendar()[1]:02}"
                for day in pd.date_range("2016-01-04", periods=60, freq="7D")
            ],
            "7D",
        ),
    ],
)
def test_periods_are_their_first_moments(texts, step):
    clock, rows = infer_clock(list(texts))
    assert (clock.frequency, rows.tolist()) == (step, list(range(len(texts))))


def test_weeks_begin_on_monday():
    assert read(["2015-W53", "2016-W01", "2016W52", "2021-W01-3"][:2]).astype("datetime64[D]").astype(str).tolist() == [
        "2015-12-28",
        "2016-01-04",
    ]
    with pytest.raises(DataError, match=r"'2016-W53' in row 1 "):
        read(["2016-W52", "2016-W53"])


def test_midnight_may_be_written_as_24():
    assert read(["31.12.2023 24:00", "01.01.2024 01:00"]).astype(str).tolist() == [
        "2024-01-01T00:00:00",
        "2024-01-01T01:00:00",
    ]


def test_day_and_month_that_cannot_be_told_apart():
    texts = [f"{day:02}/03/2024 00:00" for day in range(1, 13)]
    with pytest.raises(DataError) as caught:
        read(texts)
    for part in (
        "'01/03/2024 00:00' is 1 March 2024 or 3 January 2024",
        '"%d/%m/%Y %H:%M"',
        '"%m/%d/%Y %H:%M"',
        "time_format=",
    ):
        assert part in str(caught.value)
    assert read(texts, "%m/%d/%Y %H:%M")[1] == np.datetime64("2024-02-03")
    assert read(["01/01/2024"] * 2)[0] == np.datetime64("2024-01-01")


@pytest.mark.parametrize(
    ("texts", "form", "message"),
    [
        (["13/01/2024", "14/01/2024", "32/01/2024"], None, r"'32/01/2024' in row 2 .*written as %d/%m/%Y"),
        (["13/01/2024", "14/01/2024", "noon"], None, r"'noon' in row 2 "),
        (["13:00 01/01/2024", "x"], "%H:%M %d/%m/%Y", r"'x' in row 1 .*time_format="),
        (["2024-01-01"], "%Q", r'format such as "%d/%m/%Y %H:%M"'),
        (["01/13/2024 01:00 PM", "01/13/2024 13:00 PM"], None, r"'01/13/2024 13:00 PM' in row 1"),
        ([1704067200, 1704070800], None, r"int64.*pass \"unix\" in time_format="),
    ],
)
def test_the_row_that_fails_is_named(texts, form, message):
    with pytest.raises(DataError, match=message):
        read(texts, form)


def test_seconds_since_1970():
    for factor in (1, 1000):
        assert read([1704067200 * factor, 1704070800 * factor], "unix")[1] == np.datetime64("2024-01-01T01:00")


def test_a_column_of_texts_that_are_times_is_found():
    frame = pd.DataFrame({"a": range(30), "period": MONTHS.strftime("%b %Y"), "b": range(30)})
    assert Panel.from_wide(frame).channels == ("a", "b")
    with pytest.raises(DataError, match="'from', 'to' may all hold the time"):
        Panel.from_wide(frame.assign(**{"from": frame.period, "to": frame.period}).drop(columns="period"))
