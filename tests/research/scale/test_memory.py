"""The curve of memory: a tiny store from end to end, and what the page says of lines."""

import numpy as np
import pytest

from divecast.data import write_store
from research.scale.memory import measure, synthetic
from research.scale.memory_page import LIMIT_MIB, beyond_model, figure, newest, page
from research.scale.sampled_channels import worse


def line(series, peak, seconds=1.0):
    return {
        "series": series,
        "file_mib": series / 6,
        "model_mib": 100.0,
        "peak_mib": peak,
        "channels": min(series, 384),
        "step_cpu_seconds": seconds,
        "start_seconds": 2.0,
        "threads": 1,
        "machine": "a machine",
    }


def test_synthetic_rows_do_not_depend_on_how_many_follow():
    whole = np.concatenate(list(synthetic(3, 2500)))
    assert whole.shape == (2500, 3)
    assert whole.dtype == np.float32
    assert 0.5 < whole.std() < 3


@pytest.mark.slow
def test_a_store_is_fitted_on_samples_of_its_channels(tmp_path):
    store = write_store(tmp_path / "s", synthetic(5, 24 * 700), list("abcde"), "2020-01-01", "1h")
    found = measure(store, channels=2, stride=11)
    assert (found["series"], found["channels"], found["rows"]) == (5, 2, 24 * 700)
    assert found["steps"] == (24 * 420 - 191) // 11 // 128
    assert found["peak_mib"] > found["before_mib"] > found["model_mib"] > 0
    assert found["fit_seconds"] >= found["start_seconds"]


def test_the_newest_line_of_a_size_counts():
    lines = newest([line(100, 1), line(10, 2), line(100, 3)])
    assert [(each["series"], each["peak_mib"]) for each in lines] == [(10, 2), (100, 3)]


@pytest.mark.parametrize(("peak", "said"), [(LIMIT_MIB + 99, ": below"), (LIMIT_MIB + 100, ": not below")])
def test_the_page_says_whether_the_limit_holds(peak, said):
    lines = [line(10, 400), line(10_000, peak)]
    text = page(lines, [])
    assert said in text
    assert f"{beyond_model(lines[1]):,.0f} MiB without the model" in text
    assert text.count("\n| ") == 4
    assert len(figure(lines).axes) == 2


def test_half_against_all_is_per_cent_of_pairs_of_seeds():
    lines = [
        {"arm": arm, "seed": seed, "steps": ["3", "all"], "rrse": rrse}
        for arm, seed, rrse in (("all", 0, [1.0, 2.0]), ("half", 0, [1.1, 2.0]), ("all", 1, [1.0, 4.0]))
    ]
    assert worse(lines, "rrse", "half") == pytest.approx({"3": 10.0, "all": 0.0})
    assert worse(lines[2:], "rrse", "half") == {}
    assert worse(lines, "rrse", "longer") == {}


def test_the_page_says_what_sampling_costs():
    lines = [
        {"arm": arm, "seed": 0, "steps": ["3", "all"], "labels": {"hour": labels}, "fit_seconds": 10 * error}
        | {score: [error, error] for score in ("rrse", "mase", "crps")}
        for arm, error, labels in (("all", 1.0, 0.9), ("half", 1.03, 0.8), ("longer", 1.01, 0.7))
    ]
    text = page([line(10, 400)], lines)
    words = " ".join(text.split())
    assert "half the channels takes 103% of the time, and RRSE is +3.0 % at the worst step" in words
    assert "with 1.6 times the passes, in 101% of the time, +1.0 %" in words
    assert "is 90.0% with all, 80.0% with half, 70.0% with more passes" in words
    assert "| half | RRSE | +3.00 % | +3.00 % |" in text
