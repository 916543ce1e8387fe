"""Tasks of fev on local files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from divecast import TrainingConfig
from worlds import SMALL

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of pandas, in the code of fev
fev = pytest.importorskip("fev", reason="fev is not installed: pip install divecast[fev]")


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
    from divecast.interfaces.fev import run_fev_task

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
    predictions = run_fev_task(task, lookback=14, model=SMALL, training=training)
    summary = task.evaluation_summary(predictions, "divecast")
    assert summary["num_forecasts"] == n_forecasts
    assert summary["MASE"] < worst
    assert summary["SQL"] < summary["MASE"]
