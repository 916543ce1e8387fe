"""Accuracy of series that a fit did not see, next to the same series known; research/new_series/held_out.jsonl.

    python -m research.new_series.held_out --data PATH/eia_us_demand_hourly

Hourly demand of US regions in 2024, of which 20 series are held out from a fit. Each model forecasts a day of
them, in the last fifth of the rows, from origins 25 hours apart. ``--page`` writes docs/new_series.md from the lines.
"""

import argparse
import json
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch

import divecast as dc
from research.common import append_line, read_lines, versions
from research.eia import eia_panel
from research.model_versions import write_page

OUT = Path(__file__).with_name("held_out.jsonl")
PAGE = Path(__file__).parents[2] / "docs" / "new_series.md"
HORIZON, LOOKBACK, ROWS, HELD_OUT = 24, 168, 8_784, 20
Kind = Literal["independent", "joint"]
KINDS: tuple[Kind, ...] = get_args(Kind)


def measure(panel: dc.Panel, kind: Kind, seen: bool, epochs: int, seed: int) -> dict[str, Any]:
    """Fit on all series, or without those held out, and score these."""
    draw = np.random.default_rng(seed)
    held = sorted(draw.choice(len(panel.channels), HELD_OUT, replace=False).tolist())
    names = [panel.channels[place] for place in held]
    fitted_on = panel if seen else panel.select([name for name in panel.channels if name not in names])
    factors = [dc.Calendar(name, tz="America/New_York") for name in ("hour", "weekday")]
    training = dc.TrainingConfig(epochs=epochs, window_stride=1 if kind == "independent" else 5)
    model = dc.DeepDIVE(HORIZON, LOOKBACK, factors, training=training, seed=seed, series=kind)
    began = time.process_time()
    model.fit(fitted_on, dc.ByTime(3, 1, 1), progress=False)
    seconds = time.process_time() - began
    first = int(0.8 * len(panel.values))
    at = [str(panel.clock.local(np.array([row]))[0]) for row in (first, len(panel.values) - HORIZON)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dc.DataWarning)  # that they are new
        forecast = model.forecast(panel, start=at[0], stop=at[1], every=25)
    places = [forecast.channels.index(name) for name in names]
    rows = forecast.keys.origins[:, None] + np.arange(HORIZON)
    truth = panel.values[rows][..., held]
    naive = np.nanmean(np.abs(panel.values[168:first] - panel.values[: first - 168])[:, held], axis=0)

    def mase(mean: np.ndarray[Any, Any]) -> float:
        return float(np.mean(np.nanmean(np.abs(mean - truth), axis=(0, 1)) / naive))

    low, high = forecast.quantiles[0][..., places], forecast.quantiles[-1][..., places]
    return {
        "kind": kind,
        "seen": seen,
        "seed": seed,
        "epochs": epochs,
        "n_series": len(fitted_on.channels),
        "mase": round(mase(forecast.mean[..., places]), 4),
        "naive": round(mase(panel.values[rows - 168][..., held]), 4),
        "coverage": round(float(np.mean((low <= truth) & (truth <= high))), 3),
        "cpu_seconds": round(seconds),
    }


def page(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return docs/new_series.md."""
    latest = {(line["kind"], line["seen"]): line for line in lines}
    rows = [
        f"| {kind} | {'known' if seen else 'new'} | {line['mase']:.3f} | {line['coverage']:.2f} |"
        for (kind, seen), line in sorted(latest.items())
    ]
    one = next(iter(latest.values()))
    return f"""# New series

How much does a forecast lose if the fit did not see the series? `python -m research.new_series.held_out` fits models to
hourly demand of US regions in 2024, without {HELD_OUT} series drawn at random, or with them, and scores
forecasts of a day of these {HELD_OUT} in the last fifth of the rows, from origins 25 hours apart. MASE is the mean over
series of the error divided by that of the value a week before, in the rows before; coverage is that of intervals that
should hold 90 %. One seed and {one["epochs"]} passes: read differences of a few percent as none.

| model | the series are | MASE | coverage |
|---|---|---:|---:|
{chr(10).join(rows)}
| the value a week before | | {one["naive"]:.3f} | |

An independent model forecasts a new series as any other. A joint model forecasts it by the mean of its linear maps and
the effects that the rows have on average, without the network;
[many series](many_series.md#series-that-come-go-start-late-or-are-new) has both.
"""


def main() -> None:
    """Measure, or write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder of the EIA data")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", default=KINDS, choices=KINDS)
    parser.add_argument("--page", action="store_true", help="write the page instead of measuring")
    arguments = parser.parse_args()
    if arguments.page:
        write_page(PAGE, page(read_lines(OUT)), read_lines(OUT))
        return
    torch.set_num_threads(1)
    whole = eia_panel(arguments.data)
    panel = whole.rows(len(whole.values) - ROWS, len(whole.values))
    # A joint model takes columns of a wide table that it does not know for no series.
    panel = replace(panel, as_read=type(panel.as_read)())
    for kind in arguments.kinds:
        for seen in (False, True):
            line = measure(panel, kind, seen, arguments.epochs, arguments.seed) | {"versions": versions()}
            print(json.dumps(line), flush=True)
            append_line(OUT, json.dumps(line))


if __name__ == "__main__":
    main()
