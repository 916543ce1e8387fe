"""Write docs/memory.md and its figure from research/scale/memory.jsonl; no number there is typed by hand.

python -m research.scale.memory_page
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from textwrap import fill
from typing import Any

from matplotlib.figure import Figure

from research.common import read_lines
from research.model_versions import write_page
from research.scale.sampled_channels import ARMS, LIMIT, worse
from research.scale.sampled_channels import OUT as SAMPLED

HERE = Path(__file__).parent
LINES = HERE / "memory.jsonl"
PAGE = HERE.parents[1] / "docs" / "memory.md"
LIMIT_MIB = 1536
INTRO = """# Wide panels and memory

Written by `python -m research.scale.memory_page` from `research/scale/memory.jsonl`; every line there is one fit of
`python -m research.scale.memory` in its own process: five years of hours in a store on disk, lookback 168, horizon 24,
factors hour, weekday and month, one pass over windows with a stride.

A panel of more channels than `TrainingConfig.channels` is trained on a sample of them in each step. Only the sampled
channels are read and run through the network; every round of steps uses each channel once; losses are scaled to those
of all channels. Validation, forecasts and scores use all channels, a few windows at a time.

The forecaster starts from closed-form linear maps of every channel, solved for a group of channels at a time. If all
windows would take too long, as for the 10,000 series, they are solved from a subset and shrunk towards a map shared by
all channels.

Resident memory is as the system counts it, pages of the mapped file included, which are released after they are read.
"""
_HEAD = (
    "series",
    "file, MiB",
    "model, MiB",
    "peak, MiB",
    "peak without model, MiB",
    "channels per step",
    "CPU seconds per step",
    "milliseconds per step and channel",
    "seconds before the first step",
)


def newest(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the last line of every number of series, fewest first."""
    return [found for _, found in sorted({line["series"]: line for line in lines}.items())]


def beyond_model(line: dict[str, Any]) -> float:
    """Return the peak of resident memory less the model, MiB."""
    return line["peak_mib"] - line["model_mib"]


def page(lines: Sequence[dict[str, Any]], sampled: Sequence[dict[str, Any]]) -> str:
    """Return the page, of lines of ``memory.py`` and of ``sampled_channels.py``."""
    rows = [_HEAD, ["---:"] * len(_HEAD), *map(_cells, lines)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    widest = lines[-1]
    held = "below" if beyond_model(widest) < LIMIT_MIB else "not below"
    verdict = (
        f"With {widest['series']:,} series ({widest['file_mib']:,.0f} MiB on disk) the fit peaks at "
        f"{widest['peak_mib']:,} MiB, {beyond_model(widest):,.0f} MiB without the model: {held} {LIMIT_MIB:,} MiB."
    )
    where = f"Measured on {widest['machine']}, {widest['threads']} thread."
    return f"{INTRO}\n{verdict}\n\n![memory and time](figures/memory.png)\n\n{table}\n\n{where}\n{_cost(sampled)}"


def _cost(sampled: Sequence[dict[str, Any]]) -> str:
    """Say what learning from half of the channels a step costs; nothing where that was not measured."""
    arms = {"half": "half", "longer": "half, more passes"}
    found = {arm: {score: worse(sampled, score, arm) for score in ("rrse", "mase", "crps")} for arm in arms}
    if not all(scores["rrse"] for scores in found.values()):
        return ""
    steps = list(found["half"]["rrse"])
    rows = [
        ["worse than all channels by", "", *("every step" if step == "all" else f"step {step}" for step in steps)],
        ["---", "---", *("---:" for _ in steps)],
        *(
            [arms[arm], score.upper(), *(f"{value:+.2f} %" for value in by_step.values())]
            for arm, scores in found.items()
            for score, by_step in scores.items()
        ),
    ]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    lines = {arm: [line for line in sampled if line["arm"] == arm] for arm in ARMS}
    seconds, read = (
        {arm: fmean(value(line) for line in some) for arm, some in lines.items()}
        for value in (lambda line: line["fit_seconds"], lambda line: fmean(line["labels"].values()))
    )
    most = {arm: f"{max(scores['rrse'].values()):+.1f} %" for arm, scores in found.items()}
    text = (
        "`python -m research.scale.sampled_channels --data PATH/eia_us_demand_hourly --seeds 0 1`: 112 series of US "
        "demand, full fits that train on all channels in each step, and on 56 of them; errors on the test part, mean "
        "of "
        f"{len(lines['all'])} seeds. With the same number of passes, half the channels takes "
        f"{seconds['half'] / seconds['all']:.0%} of the time, "
        f"and RRSE is {most['half']} at the worst step; with {ARMS['longer'][1]:g} times the passes, in "
        f"{seconds['longer'] / seconds['all']:.0%} of the time, {most['longer']}. The limit we set is {LIMIT:g} %. The "
        f"accuracy of labels inferred from the window alone, mean over hour, weekday and month, is {read['all']:.1%} "
        f"with "
        f"all, {read['half']:.1%} with half, {read['longer']:.1%} with more passes."
    )
    return f"\n## What a sample of the channels costs\n\n{fill(text, 120)}\n\n{table}\n"


def _cells(line: dict[str, Any]) -> list[str]:
    return [
        f"{line['series']:,}",
        f"{line['file_mib']:,.0f}",
        f"{line['model_mib']:,.0f}",
        f"{line['peak_mib']:,}",
        f"{beyond_model(line):,.0f}",
        f"{line['channels']}",
        f"{line['step_cpu_seconds']:.3f}",
        f"{1000 * line['step_cpu_seconds'] / line['channels']:.2f}",
        f"{line['start_seconds']:.1f}",
    ]


def figure(lines: Sequence[dict[str, Any]]) -> Any:
    """Draw peak memory and seconds a step against the number of series."""
    drawn = Figure(figsize=(8, 3.2), layout="constrained")
    memory, seconds = drawn.subplots(1, 2)
    x = [line["series"] for line in lines]
    memory.plot(x, [line["peak_mib"] for line in lines], "o-", color="#0072B2", label="peak of the fit")
    memory.plot(x, [line["file_mib"] for line in lines], "s--", color="#E69F00", label="data on disk")
    memory.plot(x, [line["model_mib"] for line in lines], "^:", color="#009E73", label="model")
    memory.plot(x, [LIMIT_MIB + line["model_mib"] for line in lines], "-", color="0.6", lw=1, label="1.5 GiB and model")
    memory.set_ylabel("MiB")
    seconds.plot(x, [line["step_cpu_seconds"] for line in lines], "o-", color="#0072B2", label="seconds a step")
    each = lines[0]["step_cpu_seconds"] / lines[0]["channels"]
    seconds.plot(x, [each * line["channels"] for line in lines], "--", color="0.6", lw=1, label="by channels a step")
    seconds.set_ylabel("CPU seconds a step")
    for axis in (memory, seconds):
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xlabel("series")
        axis.grid(alpha=0.3)
        axis.legend(frameon=False, fontsize="small")
    return drawn


def main() -> None:
    """Write the page and the figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=Path, default=LINES)
    parser.add_argument("--out", type=Path, default=PAGE)
    args = parser.parse_args()
    lines = newest(read_lines(args.lines))
    folder = args.out.parent / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    figure(lines).savefig(folder / "memory.png", dpi=130)
    sampled = read_lines(SAMPLED)
    write_page(args.out, page(lines, sampled), [*lines, *sampled])
    print(args.out)


if __name__ == "__main__":
    main()
