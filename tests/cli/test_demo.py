import sys
from math import gcd

import numpy as np
import pytest

from divecast.cli.commands.demo import _QUICK, first_hour_of_a_wednesday
from divecast.data import ByTime, datasets, split

FIGURES = {"forecasts.png", "code_map.png", "what_if.png"}
FILES = {
    "model.safetensors",
    "forecast_last_day.csv",
    "forecasts_test.csv",
    "codes.csv",
    "evaluation.csv",
    "report.html",
    *FIGURES,
}


@pytest.fixture(autouse=True)
def small_loads(monkeypatch):
    panel = datasets.load_loads().rows(0, 2000)
    small = panel.select(panel.channels[:3])
    monkeypatch.setattr(datasets, "load", lambda name: small)


@pytest.mark.slow  # the next test makes all but figures and report
def test_demo_makes_what_it_names(run, tmp_path):
    result = run("demo", "--quick", "--out", tmp_path / "new" / "demo")
    assert result.code == 0
    made = {path.name: path.stat().st_size for path in (tmp_path / "new" / "demo").iterdir()}
    assert set(made) == FILES
    assert min(made.values()) > 0
    assert all(name in result.out for name in FILES)


def test_demo_says_what_to_install_for_figures_and_report(run, tmp_path, monkeypatch):
    for package in ("matplotlib", "plotly"):
        monkeypatch.setitem(sys.modules, package, None)
    result = run("demo", "--quick", "--out", tmp_path)
    assert "Figures:              needs matplotlib: pip install 'divecast[plot]'" in result.out.splitlines()
    assert "Report:               needs plotly: pip install 'divecast[report]'" in result.out.splitlines()
    assert {path.name for path in tmp_path.iterdir()} == FILES - FIGURES - {"report.html"}


def test_the_what_if_starts_in_the_first_hour_of_a_wednesday_of_the_test_part():
    panel = datasets.load_loads()
    row = first_hour_of_a_wednesday(panel)
    assert row in split(panel, ByTime()).test.rows()
    start, last = panel.clock.local(np.array([row, row - 1])).astype(object)
    assert (start.hour, last.hour) == (1, 0)
    assert start.weekday() == last.weekday() == 2


def test_a_file_in_the_way_is_one_line(run, tmp_path):
    (tmp_path / "demo").write_text("")
    assert "folder" in run("demo", "--quick", "--out", tmp_path / "demo").error


def test_the_quick_demo_sees_every_hour():
    assert gcd(_QUICK.window_stride, 24) == 1
