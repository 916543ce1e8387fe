"""``divecast backtest`` and ``divecast search``."""

import csv
import json

import pytest

from divecast.cli import trials
from divecast.data import to_frame, write_frame
from divecast.jobs import workers
from selection.here import work_here
from worlds import hours

SETTINGS = """
horizon = 6
lookback = 24
factors = ["hour"]
[training]
epochs = 1
batch_size = 256
window_stride = 5
[model.encoder]
n_mixtures = 4
width = 16
"""


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A table and a settings file; no process is started."""
    monkeypatch.setattr(workers, "run_jobs", work_here)
    panel = hours(6).panel
    columns = dict(zip(panel.channels, panel.values.T, strict=True))
    stamps = {"time": panel.clock.at(__import__("numpy").arange(len(panel.values)))}
    write_frame(to_frame(stamps | columns, "pyarrow"), tmp_path / "loads.parquet")
    (tmp_path / "settings.toml").write_text(SETTINGS)
    return str(tmp_path / "loads.parquet"), "--config", tmp_path / "settings.toml"


def test_a_backtest_prints_each_fold_and_writes_its_scores(run, files, tmp_path):
    result = run("backtest", *files, "--folds", "2", "--span", "50", "--out", tmp_path / "out")
    assert result.code == 0, result.err
    assert [line.split(",")[0] for line in result.err.splitlines() if not line.startswith("Read ")] == [
        "1/2 2024-02-07T20:00 done",
        "2/2 2024-02-09T22:00 done",
    ]
    assert result.out.count("DeepDIVE") == 4  # two folds, mean and sd
    assert "hour inferred correctly: mean" in result.out
    with (tmp_path / "out" / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["fold"] for row in rows} == {"2024-02-07T20:00", "2024-02-09T22:00"}
    again = run("backtest", *files, "--folds", "2", "--span", "50", "--out", tmp_path / "out", "--json")
    assert again.err == ""
    said = json.loads(again.out)
    assert said["overall"]["DeepDIVE"]["rrse"][0] == pytest.approx(
        sum(float(row["rrse"]) for row in rows if (row["model"], row["horizon"]) == ("DeepDIVE", "all")) / 2
    )


def test_a_search_says_the_options_that_are_best(run, files, tmp_path):
    tries = ("--try", "training.learning_rate=[0.0001, 0.02]", "--try", 'training.monitor=["forecast"]')
    result = run("search", *files, *tries, "--out", tmp_path / "out")
    assert result.code == 0, result.err
    best = json.loads(run("search", *files, *tries, "--out", tmp_path / "out", "--json").out)["best"]
    rate = best["training.learning_rate"]
    assert result.out.splitlines()[-1] == (
        f"Best: the options of this command and --set training.learning_rate={rate} "
        "--set 'training.monitor=\"forecast\"'"
    )
    assert (tmp_path / "out" / "candidates.csv").read_text().splitlines()[1].startswith(f'{rate},"forecast",')


def test_failures_end_with_one_and_are_named(run, files, tmp_path):
    result = run("search", *files, "--try", "lookback=[24, 2000]", "--out", tmp_path / "out")
    assert result.code == trials.FAILED == 1
    assert "failed: lookback=2000 seed=0: No window fits" in result.err
    assert "1 of 2 fits failed; run the same command to retry them" in result.err


def test_control_c_says_how_to_resume(run, files, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(workers, "run_jobs", interrupted)
    for command in (("backtest", *files), ("search", *files, "--try", "lookback=[24]")):
        result = run(*command, "--out", tmp_path / "out")
        assert result.code == 130
        assert "stopped; the same command resumes with the fits that are missing in" in result.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            ("search",),
            "Expected --try NAME=[VALUE, VALUE], such as training.learning_rate=[0.001, 0.004], got no --try",
        ),
        (("search", "--try", "[1]"), "Expected --try NAME=[VALUE, VALUE], such as"),
        (
            ("search", "--try", "lookback=24"),
            "Expected a list of values for 'lookback', such as [8, 16], or a range, got 24",
        ),
        (("backtest", "--folds", "0"), "folds must be a whole number >= 1: got 0"),
        (("backtest", "--group", "subject"), "A group needs recordings, and the data are a panel. Leave --group out."),
    ],
)
def test_mistakes_end_with_two_and_one_line(run, files, tmp_path, command, said):
    result = run(command[0], *files, *command[1:], "--out", tmp_path / "out")
    assert result.code == 2
    assert said in result.err
    assert len([line for line in result.err.splitlines() if not line.startswith("Read ")]) == 1
