"""How much accuracy is lost if values are missing, and is it less than after filling in the mean?

    python -m research.reliability.missing --data ../shared/data

EIA, 112 series, cut as in the race. Values are removed from all of the panel: what is learned from, what stops the fit
and what forecasts see; forecasts are scored on the true values of the test part, every row of it a target at every
step. The same model with the same seed is fitted twice: on what is left as it is, and with what is missing filled by
the channel's mean in training. Each fit adds a JSON line to missing.jsonl; fits that have a line are not repeated.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray

from divecast import ByTime, Calendar, DeepDIVE, Panel
from divecast.metrics import rrse
from research.common import append_line, read_lines
from research.race.entries.deepdive_settings import SETTINGS
from research.race.panels import read_panel
from research.race.tracks import TRACKS, Track

OUT = Path(__file__).with_suffix(".jsonl")
FIGURE = Path(__file__).parents[2] / "docs" / "figures" / "missing_values.png"
SHARES = (0.01, 0.1, 0.3)
BLOCKS = {"points": 1, "days": 24, "months": 720}
"""Rows that go together, by way."""
WAYS = {"points": "single values", "days": "a day of a channel", "months": "a month of a channel"}
ARMS = {"left missing": "left missing", "mean": "filled by the mean"}
NAMES = ("way", "share", "arm")

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Run:
    """One fit: how values are removed, what share of them, and what is done about it."""

    way: str
    share: float
    arm: str


def runs() -> Iterator[Run]:
    """Yield all fits, that of the whole panel first."""
    yield Run("none", 0.0, "left missing")
    for way in WAYS:
        for share in SHARES:
            for arm in ARMS:
                yield Run(way, share, arm)


def removed(shape: tuple[int, int], way: str, share: float, seed: int = 0) -> Mask:
    """Draw which values of (row, channel) are removed: as near to the share as whole blocks of rows of a channel go."""
    rows, channels = shape
    n_blocks = -(-rows // BLOCKS[way])
    drawn = np.zeros(n_blocks * channels, dtype=bool)
    drawn[np.random.default_rng(seed).permutation(len(drawn))[: round(share * len(drawn))]] = True
    return drawn.reshape(n_blocks, channels).repeat(BLOCKS[way], axis=0)[:rows]


def given(panel: Panel, run: Run, n_train: int) -> Panel:
    """Return the panel as the model of a run has it."""
    if run.way == "none":
        return panel
    values = np.where(removed(panel.values.shape, run.way, run.share), np.float32(np.nan), panel.values)
    if run.arm == "mean":
        means = np.nanmean(values[:n_train], axis=0, dtype=np.float64).astype(np.float32)
        values = np.where(np.isnan(values), means, values)
    return replace(panel, values=np.asfortranarray(values))


def fitted(panel: Panel, track: Track, seed: int) -> DeepDIVE:
    """Fit the quick settings of the race on the training and the validation part."""
    settings = SETTINGS["divecast-quick"](track.name)
    factors = [Calendar(name, tz=track.zone) for name in track.calendar]
    model = DeepDIVE(track.horizons[0], track.lookback, factors, training=settings.training, seed=seed)
    n_train, n_valid, _ = track.rows
    return model.fit(panel.rows(0, n_train + n_valid), ByTime(n_train, n_valid, 0), progress=False)


def scores(model: DeepDIVE, seen: Panel, truth: Panel, track: Track) -> dict[str, float]:
    """Return the RRSE at each scored step, every row of the test part a target, of forecasts from what is seen."""
    first, horizon = track.rows[0] + track.rows[1], track.horizons[0]
    start = first - horizon + 1
    found = model.forecast(seen, start=seen.clock.at(np.array([start]))[0], levels=[0.5]).mean
    last = len(truth.values)
    return {
        str(step): float(rrse(truth.values[first:last], found[first - step + 1 - start :, step - 1][: last - first]))
        for step in track.steps
    }


def measured(run: Run, panel: Panel, track: Track, seed: int) -> dict[str, Any]:
    """Fit, forecast and score."""
    seen = given(panel, run, track.rows[0])
    began = time.process_time()
    model = fitted(seen, track, seed)
    fit_seconds = time.process_time() - began
    found = scores(model, seen, panel, track)
    return {
        **{name: getattr(run, name) for name in NAMES},
        "missing": float(removed(panel.values.shape, run.way, run.share).mean()) if run.share else 0.0,
        "seed": seed,
        "channels": len(panel.channels),
        "rows": len(panel.values),
        "rrse": found,
        "mean_rrse": float(np.mean(list(found.values()))),
        "fit_cpu_seconds": round(fit_seconds, 1),
        "torch": torch.__version__,
    }


def table(lines: Sequence[Mapping[str, Any]]) -> dict[Run, Mapping[str, Any]]:
    """Return the last line of each run, in the order of ``runs``."""
    found = {Run(*(line[name] for name in NAMES)): line for line in lines}
    return {run: found[run] for run in runs() if run in found}


def section(lines: Sequence[dict[str, Any]]) -> str:
    """Return the section of docs/reliability.md."""
    found = table(lines)
    steps = list(lines[0]["rrse"])
    whole = found[Run("none", 0.0, "left missing")]
    head = ["removed", "share", "values are", *(f"step {step}" for step in steps), "mean", "loss"]
    rows = [head, ["---"] * 3 + ["---:"] * (len(head) - 3), _row(whole, whole, "nothing", "")]
    rows += [_row(line, whole, WAYS[run.way], ARMS[run.arm]) for run, line in found.items() if run.share]
    pairs = [(found[run], found[replace(run, arm="mean")]) for run in found if run.share and run.arm != "mean"]
    better = sum(left["mean_rrse"] < filled["mean_rrse"] for left, filled in pairs)
    seconds = max(line["fit_cpu_seconds"] for line in found.values())
    return f"""## Missing values

`python -m research.reliability.missing --data DATA`: values of the EIA panel ({whole["channels"]} series,
{whole["rows"]:,} hours) are removed at random from training, validation and the windows that forecasts start
from. Forecasts are scored on the true values of the test part, by RRSE. The same model (quick settings, seed
{whole["seed"]}) is also fitted with missing values replaced by the mean of the channel in training.

Leaving values missing is better than filling in the mean in {better} of {len(pairs)} cases. A fit took at most
{seconds:.0f} seconds of one processor.

![mean RRSE by share of values removed](figures/{FIGURE.name})

{chr(10).join(f"| {' | '.join(row)} |" for row in rows)}

The mean is over the steps; the loss is its increase relative to the complete panel.
"""


def _row(line: Mapping[str, Any], whole: Mapping[str, Any], way: str, arm: str) -> list[str]:
    steps = [f"{value:.4f}" for value in line["rrse"].values()]
    loss = line["mean_rrse"] / whole["mean_rrse"] - 1.0
    return [way, f"{line['share']:.0%}", arm, *steps, f"{line['mean_rrse']:.4f}", f"{loss:+.1%}" if arm else ""]


def figure(lines: Sequence[dict[str, Any]]) -> Any:
    """Draw the mean RRSE against the share that is removed, a panel a way."""
    found = table(lines)
    whole = found[Run("none", 0.0, "left missing")]["mean_rrse"]
    drawn = Figure(figsize=(8, 2.8), layout="constrained")
    for axis, (way, title) in zip(drawn.subplots(1, len(WAYS), sharey=True), WAYS.items(), strict=True):
        for arm, style, colour in (("left missing", "o-", "#0072B2"), ("mean", "s--", "#E69F00")):
            shares = [share for share in SHARES if Run(way, share, arm) in found]
            values = [found[Run(way, share, arm)]["mean_rrse"] for share in shares]
            axis.plot([0.0, *(100 * share for share in shares)], [whole, *values], style, color=colour, label=ARMS[arm])
        axis.set_title(title)
        axis.set_xlabel("removed, %")
        axis.grid(alpha=0.3)
    drawn.axes[0].set_ylabel("mean RRSE")
    drawn.axes[0].legend(frameon=False, fontsize="small")
    return drawn


def main() -> None:
    """Make the fits that have no line yet, and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--figure", type=Path, default=FIGURE)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", action="store_true", help="a few rows and series, to try the script")
    args = parser.parse_args()
    torch.set_num_threads(1)
    track = TRACKS["eia"].small() if args.small else TRACKS["eia"]
    panel = read_panel(track, args.data, args.small)
    lines = read_lines(args.out)
    done = table(lines)
    for run in runs():
        if run not in done:
            line = measured(run, panel, track, args.seed)
            append_line(args.out, json.dumps(line))
            print({name: line[name] for name in (*NAMES, "mean_rrse", "fit_cpu_seconds")}, flush=True)
            lines.append(line)
    args.figure.parent.mkdir(parents=True, exist_ok=True)
    figure(lines).savefig(args.figure, dpi=130)


if __name__ == "__main__":
    main()
