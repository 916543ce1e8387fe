"""Speed of a fit, relative to what the machine can do; one JSON line per run in research/speed/results.jsonl.

    python -m research.speed.run                  a panel of the size of EIA: 112 series, three years of hours
    python -m research.speed.run --series 24 --hours 3000

Work is counted in floating-point operations of the matrix products that torch itself counts in the turns of both
players on a batch, forward and backward; the machine's rate is that of a float32 product of 1024 x 1024 matrices,
taken after every tenth step of the fit, in the same process and with as many threads; medians of both. Beside it:
rolling forecasts with intervals through a model that was saved and loaded, also again, and under torch.autocast with
bfloat16 products; and one window at a time, also through the model exported to ONNX, run by onnxruntime. Values are
made up; no error is scored.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch.utils.flop_counter import FlopCounterMode

import divecast as dc
from divecast.train.player_loss import player_loss
from research.common import append_line, forget_peak, machine, peak_mib
from research.scale.memory import HORIZON, LOOKBACK, Watch, synthetic

OUT = Path(__file__).with_name("results.jsonl")
FACTORS = ("hour", "weekday")
_SIDE, _ORIGINS = 1024, 8770


def seconds_of(run: Callable[[], Any], times: int) -> float:
    """Return the median time of a call, the first left out."""
    run()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


@dataclass
class Products(Watch):
    """Times a float32 matrix product after every tenth step: what a neighbour takes, it takes from both."""

    rates: list[float] = field(default_factory=list)
    square: torch.Tensor = field(default_factory=lambda: torch.randn(_SIDE, _SIDE))

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Note the end of a step; the product counts to the next one, which the median leaves out."""
        super().on_step(step, terms)
        if len(self.ends) % 10 == 2:
            self.rates.append(2 * _SIDE**3 / seconds_of(lambda: self.square @ self.square, 1))


def operations_of_a_step(model: dc.DeepDIVE, panel: dc.Panel) -> int:
    """Count a batch of both players, forward and backward."""
    network, training = model.fitted_model.network, dc.TrainingConfig()
    batch = model.fitted_model.windows(panel, "train").batch(torch.arange(training.n_batch))
    network.train()
    with FlopCounterMode(display=False) as counter:
        for turn in ("marginal", "conditional"):
            player_loss(turn, network, batch, training, dc.LossConfig()).objective.backward()
    network.eval()
    network.zero_grad()
    return int(counter.get_total_flops())


def _session_options() -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return options


def measure(n_series: int, n_hours: int) -> dict[str, Any]:
    """Fit one pass and forecast."""
    values = np.concatenate(list(synthetic(n_series, n_hours)))
    panel = dc.Panel.from_array(values, "2020-01-01", "1h", [f"series {i}" for i in range(n_series)])
    model, watch = dc.DeepDIVE(HORIZON, LOOKBACK, FACTORS, training=dc.TrainingConfig(epochs=1)), Products()
    model.fit(panel, callbacks=[watch], progress=False)
    step_seconds, _ = watch.step_seconds()
    low, rate, high = np.quantile(watch.rates, (0.25, 0.5, 0.75))
    operations = operations_of_a_step(model, panel)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "model.safetensors")
        loaded = dc.DeepDIVE.load(Path(folder) / "model.safetensors")
        loaded.export(Path(folder) / "model.onnx")
        graph = onnxruntime.InferenceSession(Path(folder) / "model.onnx", _session_options())
    window = panel.rows(n_hours - loaded.fitted_model.rows_needed, n_hours)
    last = panel.rows(max(0, n_hours - _ORIGINS - LOOKBACK), n_hours)
    start = last.clock.at(np.array([LOOKBACK]))[0]

    def roll() -> tuple[float, int]:
        began = time.perf_counter()
        n_forecasts = len(loaded.forecast(last, start=start).mean)
        return time.perf_counter() - began, n_forecasts

    fed = {
        "x": np.asarray(window.values, np.float32)[None, -LOOKBACK:],
        "labels": np.full((1, len(FACTORS)), -1, np.int64),  # read from the window
        **loaded.fitted_model.window_effects(window),
    }
    forget_peak()
    rolling, n_forecasts = roll()
    peak = peak_mib()
    again, _ = roll()
    with torch.autocast("cpu", torch.bfloat16):
        mixed, _ = roll()
    return {
        "series": n_series,
        "hours": n_hours,
        "gflop_a_step": round(operations / 1e9, 2),
        "step_seconds": round(step_seconds, 4),
        "product_gflop_a_second": [round(float(each) / 1e9, 1) for each in (low, high)],
        "share_of_product_rate": round(operations / step_seconds / float(rate), 3),
        "start_seconds": round(watch.start_seconds, 1),
        "rolling_origins": n_forecasts,
        "rolling_seconds": round(rolling, 2),
        "rolling_again_seconds": round(again, 2),
        "rolling_bfloat16_seconds": round(mixed, 2),
        "rolling_peak_mib": round(peak),
        "one_window_ms": round(1e3 * seconds_of(lambda: loaded.forecast(window), 50), 2),
        "one_window_onnx_ms": round(1e3 * seconds_of(lambda: graph.run(["mean", "quantiles"], fed), 50), 2),
    }


def main() -> None:
    """Measure, print and keep a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=112)
    parser.add_argument("--hours", type=int, default=26_308 + 8_770)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    line = measure(args.series, args.hours) | machine()
    append_line(args.out, json.dumps(line))
    print(json.dumps(line, indent=2))


if __name__ == "__main__":
    main()
