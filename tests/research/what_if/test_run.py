"""The judges of what-if, and the page of what they read."""

import numpy as np
import pytest

from research.what_if.page import page
from research.what_if.readers import summaries, train_reader
from research.what_if.run import _all_right, _hits


def waves(n, seed, channels=2):
    """Windows of 40 steps: class 0 is slow, class 1 fast, at any phase, level and size."""
    draw = np.random.default_rng(seed)
    labels = draw.integers(0, 2, n)
    angle = np.arange(40) * np.where(labels, 1.2, 0.3)[:, None] + draw.uniform(0, 6, (n, 1))
    x = np.stack([np.sin(angle + shift) for shift in range(channels)], axis=2)
    x = x * draw.uniform(0.5, 2, (n, 1, 1)) + draw.normal(size=(n, 1, channels)) + 0.1 * draw.normal(size=x.shape)
    return x.astype(np.float32), labels


@pytest.mark.slow
@pytest.mark.parametrize("recordings", [False, True])
def test_a_judge_reads_what_it_was_trained_for(recordings):
    train, valid, test = waves(200, 0), waves(80, 1), waves(80, 2)
    train[1][:20] = -1  # not labelled
    reader = train_reader(train, (valid[0], valid[0], valid[1]), recordings, 0)
    assert (reader.read(test[0]) == test[1]).mean() > 0.95


def test_summaries_take_missing_values():
    x, _ = waves(5, 0)
    x[:, 3:6, 1] = np.nan
    assert np.isfinite(summaries(x)).all()


def line(seed, target):
    said = {
        "factual": {"hour": 0.9, "weekday": 0.8},
        "target_before": 0.01,
        "target": target,
        "old": 0.2,
        "kept": {"weekday": 0.75},
        "kept_all": 0.75,
        "kept_all_before": 0.8,
    }
    turned = {**said, "kept": {"hour": 0.5}, "kept_all": 0.5, "kept_all_before": 0.9}
    answers = {
        "hour": {"window": said, "forecast": said},
        "weekday": {"window": turned, "forecast": turned},
    }
    names, real = ["hour", "weekday"], {"hour": 0.95, "weekday": 0.85}
    return {
        "case": "loads",
        "seed": seed,
        "about": "about",
        "factors": names,
        "classes": {"hour": 24, "weekday": 7},
        "windows": 100,
        "readers": {what: dict.fromkeys(names, "extra trees") for what in ("window", "forecast")},
        "real": {"window": real, "forecast": real},
        "labels_in_a": [0.5, 0.7],
        "asked": {"adjusted": answers, "kept": answers},
    }


def test_the_page_has_mean_and_spread_over_seeds():
    text = page([line(0, 0.6), line(1, 0.8)])
    assert "- `loads`, the reconstructed window is classified as the new class, %: hour 70.0 ± 14.1" in text
    assert "| hour | a adjusted | 24 | 95.0 ± 0.0 | 90.0 ± 0.0 | 1.0 ± 0.0 | 70.0 ± 14.1 | 20.0 ± 0.0 |" in text
    assert "Labels explain 60.0 ± 0.0 %" in text
    assert "100 test windows, 2 seeds; % of windows, mean and standard deviation over seeds" in text
    assert "| 75.0 ± 0.0 (own 80.0 ± 0.0) | weekday 75.0 ± 0.0 (own 80.0 ± 0.0) |" in text


def test_one_seed_has_no_spread():
    text = page([line(0, 0.6)])
    assert "100 test windows, 1 seed; % of windows." in text
    assert "±" not in text
    assert "standard deviation" not in text


def test_others_are_kept_where_all_known_ones_are_read_right():
    labels = np.array([[0, 1], [1, -1], [0, 1], [1, 0]])
    read = [np.array([0, 1, 1, 1]), np.array([1, 0, 1, 1])]
    assert _hits(read[0], labels[:, 0]) == 0.75
    assert _hits(read[1], labels[:, 1]) == pytest.approx(2 / 3)
    assert _all_right(read, labels, [0, 1]) == 0.5
    assert _all_right(read, labels, [1]) == 0.75
    assert _all_right(read, labels, []) == 1.0
