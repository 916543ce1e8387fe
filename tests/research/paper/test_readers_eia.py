"""The demand of one time zone, on tiny files of its format and on the real ones where they are at hand."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from divecast.errors import DataError
from research.paper.eia import ZONE, read_eia
from studies.shared import EIA, needs

HEAD = "series,tz,mean_mw,recommended"
SERIES = (
    f"A,{ZONE},10,True",
    f"B,{ZONE},30,True",
    "C,America/Denver,90,True",
    f"D,{ZONE},80,False",
    f"E,{ZONE},20.5,True",
)


def write(folder: Path, head: str = HEAD) -> Path:
    (folder / "demand_2020_2024_series.csv").write_text("\n".join([head, *SERIES]))
    hours = np.datetime64("2020-01-01T00", "s") + np.arange(48) * np.timedelta64(3600, "s")
    columns = {name: np.arange(48.0) + at for at, name in enumerate("ABCDE")}
    parquet.write_table(pa.table({"time": hours, **columns}), folder / "demand_2020_2024.parquet")
    return folder


def test_the_largest_recommended_series_of_the_zone_are_taken(tmp_path):
    panel, about = read_eia(write(tmp_path), n_series=2)
    assert panel.channels == ("B", "E")
    assert panel.values[0].tolist() == [1, 4]
    assert about == "the 2 largest recommended series of America/New_York, 48 hours of 2020 to 2024"


def test_too_few_series_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"[Ee]xpected 4 recommended series .* got 3"):
        read_eia(write(tmp_path), n_series=4)


def test_a_table_without_its_columns_is_refused(tmp_path):
    with pytest.raises(DataError, match="mean_mw"):
        read_eia(write(tmp_path, HEAD.replace("mean_mw", "mean")), n_series=2)


def test_another_folder_says_what_is_there(tmp_path):
    (tmp_path / "other.csv").write_text("a")
    with pytest.raises(
        DataError, match=r"demand_2020_2024\.parquet \(.* and .*_series\.csv \(.* with \['other\.csv'\] in it"
    ):
        read_eia(tmp_path)


def test_a_path_to_a_file_says_that_a_folder_is_expected(tmp_path):
    with pytest.raises(DataError, match=r"[Ee]xpected a folder with .*; got .*_series\.csv, which is no folder"):
        read_eia(write(tmp_path) / "demand_2020_2024_series.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f"{HEAD}\nÉ,{ZONE},1,True".encode("latin1"), "can't decode byte 0xc9"),
        (f"{HEAD}\n{'a' * 200_000}".encode(), "field larger than field limit"),
        (f"{HEAD.replace('mean_mw,recommended', 'recommended,mean_mw')}\nA,{ZONE},True".encode(), "to float: ''"),
    ],
)
def test_a_table_that_is_none_is_refused(content, said, tmp_path):
    (write(tmp_path) / "demand_2020_2024_series.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"UTF-8 text with columns series, .* in demand_2020_2024_series\.csv.*{said}"):
        read_eia(tmp_path, n_series=1)


def test_a_damaged_table_of_demand_is_refused(tmp_path):
    file = write(tmp_path) / "demand_2020_2024.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    with pytest.raises(DataError, match=r"demand_2020_2024\.parquet"):
        read_eia(tmp_path, n_series=1)


@needs(EIA)
def test_the_real_series_are_whole_and_of_one_zone():
    panel, _ = read_eia(EIA)
    assert panel.values.shape == (43848, 24)
    assert panel.mask.all()
    means = panel.values.mean(axis=0)
    assert (np.diff(means) <= 0).all()
