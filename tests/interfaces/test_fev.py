"""Tasks of fev on local files."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from divecast import DeepDIVE, TrainingConfig
from divecast.interfaces import fev as interface
from worlds import SMALL


def table(lengths: tuple[int, ...]) -> pd.DataFrame:
    """Daily series with a week, of these lengths, a promotion of each that adds 3, and a second target."""
    draw, frames = np.random.default_rng(0), []
    for level, length in enumerate(lengths):
        row = np.arange(length)
        promo = (draw.random(length) < 0.3) * 1.0
        target = 10 * level + row % 7 + 3 * promo + draw.normal(0, 0.2, length)
        days = pd.date_range("2024-01-01", periods=length)
        frames.append(pd.DataFrame({"id": f"s{level}", "timestamp": days, "target": target, "promo": promo}))
        frames[-1]["other"] = level + row % 7 + draw.normal(0, 0.2, length)
        frames[-1]["region"] = "north" if level else "south"
    return pd.concat(frames)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of pandas, in the code of fev
@pytest.mark.parametrize(
    ("lengths", "columns", "n_forecasts", "worst"),
    [
        ((150, 150, 150), {"known_dynamic_columns": ["promo"], "static_columns": ["region"]}, 6, 0.6),
        ((150, 150), {"target": ["target", "other"], "past_dynamic_columns": ["promo"]}, 8, 1.2),
        ((150, 145, 141), {}, 6, 1.2),
    ],
)
def test_a_task_is_forecast_and_scored(
    tmp_path: Path, lengths: tuple[int, ...], columns: dict[str, object], n_forecasts: int, worst: float
) -> None:
    fev = pytest.importorskip("fev", reason="fev is not installed: pip install divecast[fev]")
    table(lengths).to_parquet(tmp_path / "data.parquet")
    task = fev.Task(
        dataset_path=str(tmp_path / "data.parquet"),
        horizon=7,
        num_windows=2,
        seasonality=7,
        extra_metrics=["SQL"],
        quantile_levels=[0.1, 0.5, 0.9],
        **columns,
    )
    training = TrainingConfig(epochs=2, batch_size=64)
    predictions = interface.run_fev_task(task, lookback=14, model=SMALL, training=training)
    summary = task.evaluation_summary(predictions, "divecast")
    assert summary["num_forecasts"] == n_forecasts
    assert summary["MASE"] < worst
    assert summary["SQL"] < summary["MASE"]


def test_each_window_is_fitted_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    days = pd.date_range("2024-01-01", periods=107)
    rows = pd.DataFrame({"unique_id": "a", "ds": days, "y": np.arange(107) % 7.0})
    window, made = (rows[:100], rows[100:], None), []

    def model(*args: Any, **settings: Any) -> DeepDIVE:
        made.append((settings["factors"], settings["series"]))
        return DeepDIVE(*args, **settings)

    told = SimpleNamespace(
        convert_input_data=lambda given, *_args, **_options: given,
        combine_univariate_predictions_to_multivariate=lambda found, _targets: found,
    )
    task = SimpleNamespace(
        iter_windows=lambda: [window, window], horizon=7, quantile_levels=[0.5], target_columns=["y"],
        known_dynamic_columns=[], past_dynamic_columns=[],
    )  # fmt: skip
    monkeypatch.setattr(interface, "need", lambda _name: told)
    monkeypatch.setattr(interface, "DeepDIVE", model)
    training = TrainingConfig(epochs=1, batch_size=64)
    options = {"lookback": 14, "model": SMALL, "training": training, "factors": ["weekend"], "series": "joint"}
    assert len(interface.run_fev_task(task, each_window=True, **options)) == 2
    assert made == [(["weekend"], "joint")] * 2
