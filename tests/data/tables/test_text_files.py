"""Text files as people have them: any separator, sign of decimals, encoding, and what a cell of no number may be."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from divecast.data import Panel, TextFormat, read_source
from divecast.data.names import chosen
from divecast.errors import ConfigError, DataError, DataWarning

HOURS = pd.date_range("2024-01-01", periods=30, freq="h")
VALUES = np.stack([np.arange(30) * 41.25 + 100.5, np.arange(30) * 1000.5 + 0.25], axis=1)
PLAIN = pd.DataFrame(VALUES, columns=["north", "south"]).assign(time=HOURS)[["time", "north", "south"]]


def written(path, frame=PLAIN, encoding="utf-8", **how):
    path.write_bytes(frame.to_csv(index=False, **how).encode(encoding))
    return path


def spelled(thousands, decimal):
    """The table with signs in its numbers."""

    def cell(value):
        return f"{value:,.2f}".translate(str.maketrans({",": thousands, ".": decimal}))

    return PLAIN.assign(north=PLAIN.north.map(cell), south=PLAIN.south.map(cell))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("how", [{}, {"sep": ";", "decimal": ","}, {"sep": "\t"}, {"sep": "|"}, {"decimal": ","}])
def test_separator_and_decimal_sign_are_found(tmp_path, how, encoding):
    np.testing.assert_allclose(Panel.read(written(tmp_path / "a.csv", encoding=encoding, **how)).values, VALUES, 1e-6)


@pytest.mark.parametrize(
    ("thousands", "decimal", "sep"),
    [(",", ".", ","), (".", ",", ";"), (" ", ",", ";"), ("\u202f", ",", "\t"), ("'", ".", ",")],
)
def test_signs_of_thousands_that_leave_no_doubt_are_found(tmp_path, thousands, decimal, sep):
    path = written(tmp_path / "a.txt", spelled(thousands, decimal), sep=sep)
    np.testing.assert_allclose(Panel.read(path).values, VALUES, 1e-6)
    told = TextFormat(sep=sep, decimal=decimal, thousands=thousands, encoding="utf-8")
    np.testing.assert_allclose(Panel.read(path, text=told).values, VALUES, 1e-6)


def test_a_sign_in_doubt_is_asked_for(tmp_path):
    path = written(tmp_path / "a.csv", PLAIN[["time"]].assign(north=[f"{n + 14},670" for n in range(30)]))
    with pytest.raises(DataError, match=r"'14,670' in line 2 of a.csv .*\",\" in thousands= .* decimal="):
        Panel.read(path)
    assert Panel.read(path, text=TextFormat(thousands=",")).values[0, 0] == 14670
    assert Panel.read(path, text=TextFormat(decimal=",")).values[0, 0] == np.float32(14.67)
    path.write_text(path.read_text().replace(',"', ";").replace('"', "").replace("time,", "time;"))
    with pytest.warns(DataWarning, match=r"as in 14,670, was read as the sign of decimals.* thousands="):
        assert Panel.read(path).values[0, 0] == np.float32(14.67)


def test_words_for_a_missing_number(tmp_path):
    cells = PLAIN.astype(object)
    cells.loc[[1, 2, 3, 4], "north"] = ["n/a", "-", "NA", ""]
    cells.loc[20, "south"] = "?"
    path = written(tmp_path / "a.csv", cells)
    with pytest.raises(DataError, match=r"Channel 'south' .*: '\?' in line 22 of a.csv \(2024-01-01T20.* na= "):
        Panel.read(path)
    panel = Panel.read(path, text=TextFormat(na="?"))
    assert np.argwhere(~panel.mask).tolist() == [[1, 0], [2, 0], [3, 0], [4, 0], [20, 1]]


def test_the_line_named_is_that_of_the_cell(tmp_path):
    """Not of a missing one, a good one, or one that is counted without blank lines and the header."""
    cells = PLAIN.astype(object)
    cells.loc[[1, 7], "north"] = ["-", "broken"]
    text = cells.to_csv(index=False, sep=";", decimal=",").replace("\n2024-01-01 03", "\n\n2024-01-01 03")
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=r"'broken' in line 10 of a\.csv"):
        Panel.read(tmp_path / "a.csv")


def test_a_line_that_names_the_sign_between_columns(tmp_path):
    cells = PLAIN.astype(object)
    (tmp_path / "a.csv").write_text("sep=#\n" + cells.to_csv(index=False, sep="#"))
    np.testing.assert_allclose(Panel.read(tmp_path / "a.csv").values, VALUES, 1e-6)
    cells.loc[7, "north"] = "broken"
    (tmp_path / "a.csv").write_text("SEP=#\n" + cells.to_csv(index=False, sep="#"))
    with pytest.raises(DataError, match="'broken' in line 10 of"):
        Panel.read(tmp_path / "a.csv")


def test_labels_are_as_written(tmp_path):
    frame = PLAIN.assign(mode=["NA", "-", "on", None, "n/a"] * 6)
    panel = Panel.read(written(tmp_path / "a.csv", frame), labels=["mode"])
    assert panel.label_column("mode")[:5].tolist() == ["NA", "-", "on", None, "n/a"]


def test_a_column_that_changes_its_kind_late(tmp_path):
    """Arrow takes the types from the first megabyte."""
    n = 60000
    frame = pd.DataFrame({"time": pd.date_range("2020", periods=n, freq="h"), "a": np.arange(n), "b": ""}).astype(
        {"a": object}
    )
    frame.loc[n - 1, "a"], frame.loc[n - 5 :, "b"] = n - 0.5, "2.5"
    frame.to_csv(tmp_path / "a.csv", index=False)
    panel = Panel.read(tmp_path / "a.csv")
    assert panel.values[-1].tolist() == [n - 0.5, 2.5]
    assert panel.mask[:, 1].sum() == 5


def test_western_text_is_read_with_a_word(tmp_path):
    frame = PLAIN.rename(columns={"north": "Gerät"})
    with pytest.warns(DataWarning, match=r"a.csv is not UTF-8 and was read as Latin-1.*encoding="):
        assert Panel.read(written(tmp_path / "a.csv", frame, "latin-1")).channels == ("Gerät", "south")
    assert Panel.read(tmp_path / "a.csv", text=TextFormat(encoding="latin-1")).channels == ("Gerät", "south")
    with pytest.raises(DataError, match=r"a.csv is not utf-8.* encoding="):
        Panel.read(tmp_path / "a.csv", text=TextFormat(encoding="utf-8"))
    long = b"".join(b"%d-01-01,%s,1\n" % (year, b"on" * 9999) for year in range(2000, 2020))
    (tmp_path / "b.csv").write_bytes(b"time,mode,a\n" + long + b"2020-01-01,\xfcber,1\n")
    with pytest.warns(DataWarning, match="Latin-1"):  # beyond the part that is looked at
        assert Panel.read(tmp_path / "b.csv", labels=["mode"]).label_column("mode")[-1] == "über"


def test_columns_without_names(tmp_path):
    counted = PLAIN.reset_index().rename(columns={"index": "Unnamed: 0"})
    (tmp_path / "a.csv").write_text(counted.to_csv())
    with pytest.warns(DataWarning, match=r"'', 'Unnamed: 0', which has no name .* were left out"):
        assert Panel.read(tmp_path / "a.csv").channels == ("north", "south")
    (tmp_path / "b.csv").write_text("".join(f"{line};\n" for line in PLAIN.to_csv(index=False, sep=";").splitlines()))
    with pytest.warns(DataWarning, match="is empty, was left out"):
        assert Panel.read(tmp_path / "b.csv").channels == ("north", "south")
    (tmp_path / "c.csv").write_text(PLAIN.set_index("time").rename_axis(None).to_csv())
    assert Panel.read(tmp_path / "c.csv").channels == ("north", "south")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PLAIN.to_csv(index=False, header=False), "first line of a.csv looks like data.*Add a first line"),
        (PLAIN.set_index("time").T.to_csv(), "times of a.csv run across its columns.*Turn the table"),
        ("source: grid\nas of 2024\n" + PLAIN.to_csv(index=False, sep=";"), "Line 3 of a.csv has 3 columns .* sep="),
        ("time,a\n2024-01-01,1\n2024-01-02,2,3\n2024-01-03,4\n", "Line 3 of a.csv has 3 columns and its first line 2"),
        ("time,a\0\n2024-01-01,1\n", "not a text file.* encoding="),
    ],
)
def test_what_is_no_table_with_a_header(tmp_path, text, message):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError, match=message):
        Panel.read(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("said", "argument"),
    [
        ({"sep": ";;"}, "sep"),
        ({"decimal": ";"}, "decimal"),
        ({"thousands": ",", "decimal": ","}, "thousands"),
        ({"encoding": "klingon"}, "encoding"),
    ],
)
def test_a_format_that_cannot_be(said, argument):
    with pytest.raises(ConfigError) as caught:
        TextFormat(**said)
    assert caught.value.argument == argument


def test_a_date_and_a_time_of_the_day_in_two_columns(tmp_path):
    frame = PLAIN.assign(time=HOURS.strftime("%d.%m.%Y"), clock=HOURS.strftime("%H:%M"))
    with pytest.warns(DataWarning, match="'clock' was read as the time of the day of the dates in 'time'"):
        panel = Panel.read(written(tmp_path / "a.csv", frame, sep=";", decimal=","), time_format="%d.%m.%Y %H:%M")
    assert panel.fingerprint() == Panel.from_wide(PLAIN).fingerprint()


def test_hours_ending_of_days_without_their_last_hour():
    frame = pd.DataFrame({"date": np.repeat(["2024-01-01", "2024-01-02"], 23), "HE": [*range(1, 24)] * 2, "a": 1.0})
    with (
        pytest.warns(DataWarning, match="1 as the one that begins at midnight"),
        pytest.warns(DataWarning, match="1 of 47 time stamps are missing, the first at 2024-01-01T23:00:00"),
    ):
        Panel.from_wide(frame)


@pytest.mark.parametrize("first", [0, 1])
def test_a_date_and_an_hour_in_two_columns(tmp_path, first):
    hours = pd.date_range("2024-01-01", periods=72, freq="h")
    frame = pd.DataFrame({"date": hours.strftime("%m/%d/%Y"), "HE": hours.hour + first, "a": np.arange(72.0) % 7})
    frame = frame.assign(date=hours.strftime("%Y-%m-%d")) if first else frame.assign(date=hours.strftime("%d.%m.%Y"))
    words = {"time_format": None if first else "%d.%m.%Y %H:%M"}
    with pytest.warns(DataWarning, match="'HE' was read as the hour of the dates in 'date'"):
        panel = Panel.read(written(tmp_path / "a.csv", frame), **words)
    assert (panel.clock.frequency, panel.channels, len(panel.values)) == ("1h", ("a",), 72)
    with pytest.warns(DataWarning) as caught:  # of the hours alone
        read_source(tmp_path / "a.csv", like=replace(panel.as_read.named(), channels=("a",)), **words)
    assert len(caught) == 1
    long = pd.concat([frame.assign(meter=name) for name in "xy"])
    with pytest.warns(DataWarning, match="'HE' was read as the hour"):
        panel = Panel.read(written(tmp_path / "b.csv", long), id="meter", value="a", **words)
    assert (str(panel.clock.stamps()[0]), panel.values.shape) == ("2024-01-01T00:00:00", (72, 2))
    daily = long[5 + first == long.HE].assign(HE=[3, 4, 5, 6, 7, 8])
    with pytest.warns(DataWarning, match="'HE' of the table is not used"):  # one a day: no hour of a stamp
        assert Panel.from_long(
            daily, "meter", "date", "a", time_format=words["time_format"] and "%d.%m.%Y"
        ).values.shape


@pytest.mark.parametrize("parts", [("year", "month"), ("Year", "Month", "Day"), ("year", "month", "day", "hour")])
def test_parts_of_a_date_in_columns_of_their_own(tmp_path, parts):
    times = pd.date_range("2024-01-01", periods=40, freq={2: "MS", 3: "D", 4: "h"}[len(parts)])
    frame = pd.DataFrame({part: getattr(times, part.lower()) for part in parts}).assign(a=np.arange(40) % 7.0)
    with pytest.warns(DataWarning) as caught:
        panel = Panel.read(written(tmp_path / "a.csv", frame))
    said = " and ".join([", ".join(map(repr, parts[:3][:-1])), repr(parts[:3][-1])])
    assert str(caught[0].message) == f"Columns {said} were read as dates"
    np.testing.assert_array_equal(panel.clock.stamps(), times.to_numpy().astype("datetime64[s]"))
    assert panel.channels == ("a",)
    names = panel.as_read.named()
    with pytest.warns(DataWarning):
        assert read_source(frame.assign(b=1.5), like=names, channels=["b"]).channels == ("b",)


def test_parts_of_a_date_beside_times_are_no_times(tmp_path):
    frame = PLAIN.rename(columns={"time": "sent"}).assign(year=2024, month=1, day=HOURS.day)
    with pytest.warns(DataWarning, match="'day' .is the "):
        assert Panel.read(written(tmp_path / "a.csv", frame)).channels == ("north", "south")


def test_points_between_semicolons_that_may_separate_thousands_are_named(tmp_path):
    path = written(tmp_path / "a.csv", PLAIN[["time"]].assign(north=[f"{n + 14}.670" for n in range(30)]), sep=";")
    with pytest.warns(DataWarning, match=r"as in 14.670, was read as the sign of decimals.* thousands="):
        assert Panel.read(path).values[0, 0] == np.float32(14.67)
    assert Panel.read(path, text=TextFormat(thousands=".")).values[0, 0] == 14670


def test_another_file_is_read_as_the_first_was_told_to_be(tmp_path):
    frame = PLAIN[:12].assign(time=[f"{day:02}/01/2024" for day in range(1, 13)], north=["?", *["14,670"] * 11])
    path, told = written(tmp_path / "a.csv", frame), TextFormat(thousands=",", na="?")
    names = read_source(path, text=told, time_format="%d/%m/%Y").as_read.named()
    assert (names.text, names.time_format) == (told, "%d/%m/%Y")
    assert read_source(path, like=names).values[1].tolist() == [14670, 1000.75]
    with pytest.raises(DataError, match="na="):
        read_source(path, like=names, text=TextFormat(na="n.d."))  # what is told now counts, the rest is remembered
    other = read_source(path, like=names, time_format="%m/%d/%Y")
    assert other.clock.frequency == "1MS"


def test_an_excel_file_needs_a_package(tmp_path, monkeypatch):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    monkeypatch.setattr("divecast.data.tables.sheets.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"no installed package reads it\. Run pip install pandas openpyxl"):
        Panel.read(tmp_path / "a.xlsx")


def test_names_with_commas_can_be_chosen(tmp_path):
    path = written(tmp_path / "a.csv", PLAIN.rename(columns={"north": "load, kW"}))
    assert read_source(path, channels=["load, kW"]).channels == ("load, kW",)
    assert read_source(path, channels=["south, load, kW"]).channels == ("south", "load, kW")
    assert chosen(["a,b,c", "d"], ["a", "b,c", "b"]) == ["a", "b,c", "d"]
