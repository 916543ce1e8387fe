"""A race from files to lines to the page, with what needs no rivals' environment."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from divecast.errors import ConfigError, DataError
from research.common import read_lines
from research.race import run
from research.race.launch import need_python, run_entry
from research.race.page import page
from research.race.panels import read_panel
from research.race.roster import ROSTER, Racer
from research.race.tracks import TRACKS


@pytest.fixture
def data(tmp_path):
    """A folder with made-up exchange rates."""
    folder = tmp_path / "forecasting_benchmarks"
    folder.mkdir()
    rates = np.exp(np.random.default_rng(0).normal(0, 0.01, (1400, 8)).cumsum(axis=0))
    table = "\n".join([",".join(f"r{at}" for at in range(8)), *(",".join(f"{v:.6f}" for v in row) for row in rates)])
    (folder / "exchange_rate.csv.gz").write_bytes(gzip.compress(table.encode()))
    return tmp_path


def options(data, *more):
    out, rivals = str(data / "race.jsonl"), str(data / "none")
    fixed = ["--data", str(data), "--track", "exchange", "--quick", "--out", out, "--rivals", rivals]
    return [*fixed, *more]


def test_a_quick_race_leaves_out_rivals_that_are_not_installed_and_goes_on_where_it_stopped(data, capsys):
    given = options(data, "--entry", "last-value", "--entry", "nlinear")
    assert run.main(given) == 0
    first = capsys.readouterr().out
    assert "exchange 24 nlinear: left out, " in first
    assert "exchange 24 last-value: mse " in first
    (line,) = read_lines(data / "race.jsonl")
    # a random walk: the squared error of the last value grows with the step, on average as (24 + 1) / 2 steps
    assert line["scores"]["mase"]["mean"] == pytest.approx(np.sqrt(np.arange(1, 25)).mean(), rel=0.5)
    assert line["past_only"] == 0
    assert line["predict"]["windows"] == 150 - 24 + 1
    assert run.main(given) == 0
    assert "last-value: there already" in capsys.readouterr().out
    assert len(read_lines(data / "race.jsonl")) == 1


def test_missing_data_and_environments_are_named(data, capsys):
    assert run.main(["--data", str(data), "--track", "etth1", "--out", str(data / "x.jsonl")]) == 2
    assert "expected forecasting_benchmarks/ETTh1.csv.gz of the track etth1" in capsys.readouterr().err
    with pytest.raises(DataError, match=r"[Ee]xpected at least 7588 rows"):
        read_panel(TRACKS["exchange"], data, small=False)
    with pytest.raises(ConfigError, match=r"nlinear runs in the rivals' environment, and .* `make rivals`"):
        need_python(ROSTER["nlinear"], Path("/nowhere"))
    assert run.main([*options(data), "--entry", "nhit"]) == 2
    assert "expected entries out of" in capsys.readouterr().err


def test_a_rival_waits_for_the_time_of_divecast(data, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    args = run.arguments([*options(data), "--rivals", str(tmp_path)])
    plan = run.Plan(args.data, tmp_path, args.out, 1, 0, False, 4.0, False, tmp_path / "unfinished")
    track = TRACKS["exchange"].small()
    with pytest.raises(ConfigError, match=r"[Ee]xpected a line of divecast for exchange 24 .* race divecast first"):
        run.run_heat(plan, run.Lap(track, 24), ROSTER["nlinear"], read_panel(track, data, small=True))


def test_what_a_failed_process_said_last_is_told(tmp_path):
    racer = Racer("toy", "no_such_module", "divecast")
    with pytest.raises(ConfigError, match=r"toy ended with code 1: .*heat\.json"):
        run_entry(racer, need_python(racer, tmp_path), tmp_path, 1)


def test_a_broken_line_is_named(tmp_path):
    (tmp_path / "race.jsonl").write_text('{"track": "eia"}\n{"tra\n')
    with pytest.raises(ConfigError, match=r"race\.jsonl has a line that is not JSON"):
        read_lines(tmp_path / "race.jsonl")


def made_up(entry, rrse, fit, horizon=24, track="eia", **changes):
    steps = {"3": rrse, "6": rrse, "12": rrse, "24": rrse, "mean": rrse}
    measures = ("rrse", "corr", "series_rrse", "mse", "mae", "mase", "crps", "scaled_crps")
    cost = {"seconds": fit, "core_seconds": fit, "peak_mib": 500.0}
    return {
        "track": track,
        "horizon": horizon,
        "entry": entry,
        "quick": False,
        "threads": 1,
        "seed": 0,
        "scores": dict.fromkeys(measures, steps),
        "fit": cost,
        "predict": {**cost, "interval": entry == "divecast"},
        "one_window_ms": 2.0,
        "weights": 10,
        "settings": {"lookback": 168, "steps": 50, "published": 100} if entry != "divecast" else {"lookback": 168},
        "most": 4.0,
        "load_before": 0.5,
        "machine": "x86_64, 2 cores, torch 2.13.0",
        **changes,
    }


def test_the_page_ranks_by_the_mean_and_tells_costs_against_divecast():
    lines = [made_up("nhits", 0.04, 20.0), made_up("divecast", 0.05, 10.0), made_up("tide", 0.9, 1.0, quick=True)]
    text = page([*lines, made_up("divecast", 0.03, 10.0)], [])  # the later line counts
    rows = [line for line in text.splitlines() if line.startswith(("| divecast", "| nhits", "| tide"))]
    assert [row.split(" | ")[0] for row in rows] == ["| divecast", "| nhits°", "| divecast", "| nhits"]
    assert "**0.0300**" in rows[0]
    assert "0.0500" not in text
    assert "**" not in rows[1].split(" | ")[1]
    assert "| 20.0 | 20.0 | 2 | 20.0 | 2 |" in rows[3]
    assert rows[3].endswith("| 50 of 100 |")
    assert "0.5 to 0.5" in text


def test_horizons_are_columns_where_each_is_a_heat_and_who_lacks_one_comes_last():
    full = [made_up("divecast", 0.4, 1.0, horizon, "etth1") for horizon in (96, 192)]
    text = page([*full, made_up("nlinear", 0.1, 1.0, 96, "etth1")], [])
    head, rows = next(line for line in text.splitlines() if line.startswith("| entry | MSE 96")), text.splitlines()
    assert head.startswith("| entry | MSE 96 | MAE 96 | MSE 192 | MAE 192 | mean MSE | mean MAE |")
    at = rows.index(head)
    assert rows[at + 2].startswith("| divecast | 0.4000 | 0.4000 | **0.4000** | **0.4000** |")
    assert rows[at + 3].startswith("| nlinear° | **0.1000** | **0.1000** |  |  |")
    costs = next(row for row in rows if row.startswith("| nlinear |"))
    assert rows.index(costs) > at + 3  # the incomplete entry comes last, against divecast's cost of the same heat
    missing = next(row for row in rows if row.startswith("Not run yet"))
    assert "nlinear" in missing
    assert "divecast" in missing  # no 336 and 720
    assert "tsmixer-public" not in missing  # races on EIA only


def test_the_runs_of_the_code_as_it_stands_count_by_their_medians():
    line = {
        "series": 112,
        "threads": 1,
        "gflop_a_step": 8.87,
        "step_seconds": 0.24,
        "product_gflop_a_second": [79.7, 89.0],
        "start_seconds": 20.6,
        "one_window_ms": 5.4,
        "one_window_onnx_ms": 1.5,
        "rolling_seconds": 8.2,
        "rolling_again_seconds": 7.7,
        "rolling_bfloat16_seconds": 4.6,
        "rolling_peak_mib": 1711,
    }
    runs = [line | {"share_of_product_rate": share} for share in (0.3, 0.437, 0.9)]
    text = page([], [line | {"share_of_product_rate": 0.3, "gflop_a_step": 7.0}, *runs])
    rows = [row for row in text.splitlines() if row.startswith("| 112 |")]
    assert rows == ["| 112 | 1 | 8.9 | 0.240 | 80 to 89 | 44 % | 21 | 5.4 | 1.5 | 8.2 | 7.7 | 4.6 | 1,711 |"]
    assert "How well a fit uses the machine" not in page([], [])


def recorded(entry, fold, seed, mse, coverage, whose):
    line = made_up(entry, mse, 1.0, 50, "motion", fold=fold, seed=seed)
    line["scores"] = {name: {"mean": mse} for name in ("mse", "mae", "crps", "mase")}
    line["scores"]["coverage"] = {"mean": coverage}
    line["predict"]["windows"] = 100
    line["people"] = {whose: {"windows": 100, "mae": mse, "mse": mse, "coverage": coverage}}
    return line


def test_recordings_are_told_by_folds_seeds_and_the_worst_person():
    lines = [
        *(recorded("divecast", fold, 0, 0.2, 0.9 - 0.2 * fold, "ab"[fold]) for fold in (0, 1)),
        *(recorded("divecast", fold, 1, 0.22, 0.9 - 0.2 * fold, "ab"[fold]) for fold in (0, 1)),
        *(recorded("nhits", fold, 0, 0.1 + 0.2 * fold, 0.85, "ab"[fold]) for fold in (0, 1)),
        recorded("ridge", 1, 0, 0.01, 0.9, "b"),
    ]  # fmt: skip
    text = page(lines, [])
    rows = [row for row in text.splitlines() if row.startswith(("| divecast", "| nhits", "| ridge"))]
    assert "| people ≥ 0.8 | MSE of fold 1 |" in text  # which all three have
    assert rows[:3] == [
        "| ridge° | 1 of 5 | 1 | 0.0100 | 0.0100 | 0.0100 | 0.9000 | 0.9000 | 1 of 1 | 0.0100 |",
        f"| divecast | 0, 1 of 5 | 2 |{' 0.2100 ± 0.0141 |' * 3} 0.8000 ± 0.0000 | 0.7000 | 1 of 2 | 0.2100 |",
        "| nhits° | 0, 1 of 5 | 1 | 0.2000 | 0.2000 | 0.2000 | 0.8500 | 0.8500 | 2 of 2 | 0.3000 |",
    ]
    assert "(200 in all folds with a line)" in text
    assert next(row for row in text.splitlines() if row.startswith("Not run yet")).startswith(
        "Not run yet, or not at every horizon and fold: divecast, last-value, nearest-cycle, ridge,"
    )
