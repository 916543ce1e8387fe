"""The LSTNet text, on tiny files of its format, and the eight real clients where they are at hand."""

import gzip

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from divecast.errors import DataError
from research.paper.electricity import read_electricity, read_lstnet
from studies.shared import ELECTRICITY, needs

SHAPE = (30, 4)


def text(values: np.ndarray) -> str:
    return "".join(",".join(map(str, row)) + "\n" for row in values.tolist())


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).gamma(1.0, 1000.0, SHAPE).round(1)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("folder", [False, True])
def test_the_text_is_read_with_its_clock(packed, folder, values, tmp_path):
    file = tmp_path / ("electricity.txt.gz" if packed else "electricity.txt")
    content = text(values).encode()
    file.write_bytes(gzip.compress(content) if packed else content)
    panel, about = read_electricity(tmp_path if folder else file, SHAPE)
    assert np.array_equal(panel.values, values.astype(np.float32))
    assert panel.channels == ("client000", "client001", "client002", "client003")
    assert str(panel.clock.start) == "2012-01-01T00:00:00"
    assert panel.clock.frequency == "1h"
    assert about == "LSTNet electricity, 4 clients, 30 hours"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    row=st.integers(0, SHAPE[0] - 1),
    column=st.integers(0, SHAPE[1] - 1),
    cell=st.sampled_from(["", "x", "nan", "inf", "1e60", "1;2", "1,2", " ", "None", '"a"']),
)
def test_a_cell_that_is_no_number_is_named_by_its_line(row, column, cell, values, tmp_path):
    lines = [line.split(",") for line in text(values).splitlines()]
    lines[row][column] = cell
    file = tmp_path / "electricity.txt"
    file.write_text("\n".join(map(",".join, lines)))
    with pytest.raises(DataError, match=rf"electricity\.txt.*(Row #|line ){row + 1}\b"):
        read_lstnet(file, SHAPE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:-1], "expected 30 lines in electricity.txt, got 29"),
        (lambda lines: [*lines, lines[0]], "expected 30 lines in electricity.txt, got 31"),
        (lambda lines: [*lines[:7], lines[7].rpartition(",")[0], *lines[8:]], "Row #8: Expected 4 columns, got 3"),
        (lambda lines: ["a,b,c,d", *lines], "Row #1: CSV conversion error"),
        (lambda lines: [f"{line},1" for line in lines], "Row #1: Expected 4 columns, got 5"),
        (lambda lines: [line.replace(",", ";") for line in lines], "Row #1: Expected 4 columns, got 1"),
        (lambda lines: [], "Empty CSV file"),
    ],
)
def test_another_layout_is_named(change, said, values, tmp_path):
    file = tmp_path / "electricity.txt"
    file.write_text("\n".join(change(text(values).splitlines())))
    with pytest.raises(DataError) as error:
        read_lstnet(file, SHAPE)
    assert said in str(error.value)


def test_a_torn_archive_is_named(values, tmp_path):
    file = tmp_path / "electricity.txt.gz"
    file.write_bytes(gzip.compress(text(values).encode())[:-20])
    with pytest.raises(DataError, match=r"electricity\.txt\.gz"):
        read_lstnet(file, SHAPE)


def test_a_path_to_something_else_says_what_is_there_and_what_belongs(tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    for path in (tmp_path, tmp_path / "other.csv", tmp_path / "nothing"):
        with pytest.raises(DataError, match=r"26304 lines.*321 numbers.*other\.csv|26304 lines.*nothing"):
            read_electricity(path)


def test_the_text_goes_before_the_eight_clients(values, tmp_path):
    (tmp_path / "electricity.txt").write_text(text(values))
    (tmp_path / "full3y_8clients.csv.gz").write_bytes(b"never read")
    assert read_electricity(tmp_path, SHAPE)[0].values.shape == SHAPE


@needs(ELECTRICITY)
def test_the_eight_real_clients_say_that_they_are_eight():
    panel, about = read_electricity(ELECTRICITY)
    assert panel.values.shape == (26304, 8)
    assert panel.values[0].tolist() == [14, 69, 234, 415, 215, 1056, 1453, 2162]
    assert "8 real clients" in about
    assert "not comparable" in about
