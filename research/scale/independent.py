"""Time and memory of a model of many independent series; research/scale/independent.jsonl.

    python -m research.scale.independent
    python -m research.scale.independent --series 1000

Daily series of 730 rows, each with a level, trend, week and year of its own, that a promotion of its own raises; some
start late. One process fits a model with the promotion as a covariate per series and the weekday as a factor, and
forecasts the four weeks after the end of each. ``python -m research.scale.page`` writes the section of docs/scale.md.
"""

import argparse
import json
import resource
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from divecast import Covariate, DeepDIVE, Panel
from research.common import append_line, forget_peak, peak_mib

OUT = Path(__file__).with_name("independent.jsonl")
SERIES, DAYS, HORIZON = 10_000, 730, 28


def world(n_series: int, seed: int = 0) -> Panel:
    """Return daily series with a promotion, of which four weeks after the end are known, too."""
    draw, day = np.random.default_rng(seed), np.arange(DAYS + HORIZON)
    values = np.empty((n_series, len(day)), dtype=np.float32)
    promotion = np.zeros((n_series, len(day)), dtype=np.float32)
    for series in range(n_series):
        week, gain = draw.gamma(4.0, 0.25, 7), draw.uniform(0.1, 0.8)
        for first in draw.integers(0, len(day), 12):
            promotion[series, first : first + 5] = 1.0
        year = 1.0 + draw.uniform(0, 0.3) * np.sin(2 * np.pi * (day / 365.25 + draw.uniform()))
        level = draw.lognormal(3.0, 1.0) * np.exp(np.cumsum(draw.normal(0, 0.01, len(day))))
        noise = draw.gamma(20.0, 1 / 20.0, len(day))
        values[series] = level * week[day % 7] * year * (1.0 + gain * promotion[series]) * noise
        values[series, : draw.integers(0, 365) if series % 4 == 0 else 0] = np.nan
    truth = values.T.copy()
    truth[DAYS:] = np.nan
    panel = Panel.from_array(truth, "2022-01-01", "1D", [f"item_{number:05d}" for number in range(n_series)])
    return Panel(panel.values, panel.channels, panel.clock, covariates={"promotion": promotion.T.copy()})


def measure(n_series: int) -> dict[str, Any]:
    """Fit a model and forecast, and return what it took."""
    panel = world(n_series)
    model = DeepDIVE(
        HORIZON,
        56,
        ["weekday"],
        covariates=[Covariate("promotion", per_series=True)],
        series="independent",
    )
    forget_peak()
    began, cpu = time.perf_counter(), _cpu()
    model.fit(panel, progress=False)
    fitted, fit_cpu = time.perf_counter() - began, _cpu() - cpu
    began, cpu = time.perf_counter(), _cpu()
    forecast = model.forecast(panel)
    seconds, forecast_cpu = time.perf_counter() - began, _cpu() - cpu
    peak = peak_mib()
    scores = model.evaluate(panel, every=7).scores
    return {
        "series": n_series,
        "days": DAYS,
        "threads": torch.get_num_threads(),
        "windows": int(forecast.mean.shape[2]),
        "fit_seconds": round(fitted, 1),
        "fit_cpu_seconds": round(fit_cpu, 1),
        "forecast_seconds": round(seconds, 1),
        "forecast_cpu_seconds": round(forecast_cpu, 1),
        "peak_mib": round(peak),
        "mase": {name: round(score.overall()["mase"], 4) for name, score in scores.items()},
        "coverage": round(scores["DeepDIVE"].overall()["coverage"], 3),
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def section(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return time and memory, as a section of docs/scale.md."""
    latest = {line["series"]: line for line in lines}
    rows = []
    for n_series, line in sorted(latest.items()):
        naive = min(score for name, score in line["mase"].items() if name.startswith("seasonal naive"))
        rows.append(
            f"| {n_series:,} | {line['fit_seconds']:.0f} | {line['fit_cpu_seconds']:.0f} | "
            f"{line['forecast_seconds']:.1f} | {line['peak_mib']:,} | {line['mase']['DeepDIVE']:.3f} | {naive:.3f} | "
            f"{line['coverage']:.2f} |"
        )
    return f"""## Independent series

Measured with `python -m research.scale.independent`: daily series of {DAYS} rows that come from a formula, with a
promotion of each as a covariate; a quarter of them start late. A model with `series="independent"` is fitted with
default settings and a look-back of 56 days, on two threads of a machine that others used, too; then the {HORIZON} days
after the end are forecast. Seconds are those on the clock, but for the processor's. MASE is that of the last fifth of
each series, next to the better seasonal naive forecast; the interval should hold 90 %.

| series | fit, s | fit, CPU s | forecast, s | peak, MiB | MASE | seasonal naive | coverage |
|---:|---:|---:|---:|---:|---:|---:|---:|
{chr(10).join(rows)}
"""


def main() -> None:
    """Measure one size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=SERIES)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--dry", action="store_true", help="print the line, and do not keep it")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    line = measure(arguments.series)
    print(json.dumps(line))
    if not arguments.dry:
        append_line(OUT, json.dumps(line))


if __name__ == "__main__":
    main()
