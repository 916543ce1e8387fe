"""``divecast recordings`` and ``divecast compare`` on a folder of files and a table of labels."""

import shutil

import numpy as np
import pandas as pd
import pytest
from pyarrow import csv

from worlds import moves


@pytest.fixture(scope="session")
def lab(tmp_path_factory, moves_model):
    """A folder with trials, a table of their labels, and a model."""
    place = tmp_path_factory.mktemp("lab")
    (place / "trials").mkdir()
    data = moves()
    names = [f"t{number:02}" for number in range(len(data.names))]  # in the order of the fit
    for number, name in enumerate(names):
        values = data.values[data.offsets[number] : data.offsets[number + 1]]
        table = pd.DataFrame({"time": np.arange(len(values)) / data.rate, "ax": values[:, 0], "wx": values[:, 1]})
        table.to_csv(place / "trials" / f"{name}.csv", index=False)
    pd.DataFrame({"trial": names, **data.labels}).to_csv(place / "labels.csv", index=False)
    moves_model.save(place / "model.safetensors")
    return place


def test_recordings_of_a_folder_are_read_and_written_as_a_table(run, lab, tmp_path):
    out = tmp_path / "recordings.csv"
    asked = [lab / "model.safetensors", lab / "trials", "--known", lab / "labels.csv", "--out", out]
    result = run("recordings", *asked)
    assert result.code == 0
    assert "move: 32 of 32 recordings are read as given" in result.out
    assert "Filled in:" in result.out
    table = csv.read_csv(out).to_pandas()
    assert table["recording"].tolist() == [f"t{number:02}" for number in range(32)]
    assert {"move", "move_probability", "move_given", "reasons"} <= {*table.columns}
    found = run("recordings", *asked, "--json").json
    assert (found["recordings"], found["accuracy"]["move"]) == (32, 1.0)


def test_new_recordings_without_labels_are_read_against_those_of_the_fit(run, lab, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    for name in ("t03", "t04"):
        shutil.copy(lab / "trials" / f"{name}.csv", new / f"{name} again.csv")
    asked = [lab / "model.safetensors", new, "--out", tmp_path / "new.csv"]
    result = run("recordings", *asked, "--against", lab / "trials", "--against-known", lab / "labels.csv")
    assert "move: no recording has this label; 2 missing labels filled in" in result.out
    assert "anomalous, next to the validation part" in result.out


def test_conditions_are_compared_over_people(run, lab, tmp_path):
    out, figure = tmp_path / "comparison.csv", tmp_path / "comparison.png"
    asked = [lab / "model.safetensors", lab / "trials", "--known", lab / "labels.csv", "--by", "move", "--out", out]
    result = run("compare", *asked, "--reference", "slow", "--figure", figure)
    assert result.code == 0
    assert "fast beside slow (8 persons in both): " in result.out
    assert figure.exists()
    table = csv.read_csv(out).to_pandas().set_index("quantity")
    assert table.loc["period (s)", "difference"] < -0.9


def test_labels_that_are_not_there_are_refused(run, lab):
    error = run("compare", lab / "model.safetensors", lab / "trials", "--by", "move", "--out", lab / "c.csv").error
    assert "There is no label 'move'" in error
