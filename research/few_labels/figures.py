"""The figures of docs/few_labels.md: scores against the share of labelled windows."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from research.few_labels.runs import PATTERNS, Pattern, Runs

# Okabe and Ito (2008): told apart by colour-blind readers, too.
COLOURS = {
    "model": "#0072B2",
    "no-unlabelled": "#009E73",
    "plain": "#56B4E9",
    "classifier": "#D55E00",
    "components": "#E69F00",
}
_SCORES = {"mig": "MIG", "own_gap": "gap of own unit", "rrse": "RRSE, labels inferred"}


def accuracy_figure(runs: Runs, titles: Mapping[str, str]) -> Any:
    """Accuracy: one row per factor, one column per way in which labels are missing."""
    rows = [(name, "accuracy", name) for name in runs.factors]
    return _figure(runs, rows, titles, list(COLOURS))


def code_figure(runs: Runs, titles: Mapping[str, str]) -> Any:
    """MIG, own unit's gap and forecast error: a row a score, a column a way in which labels are missing."""
    return _figure(
        runs, [(title, name, "all") for name, title in _SCORES.items()], titles, ["model", "no-unlabelled", "plain"]
    )


def _figure(runs: Runs, rows: list[tuple[str, str, str]], titles: Mapping[str, str], arms: list[str]) -> Any:
    patterns = [pattern for pattern in PATTERNS if runs.shares(pattern)]
    figure = Figure(figsize=(2.6 * len(patterns) + 0.8, 2.1 * len(rows) + 0.6), layout="constrained")
    axes = figure.subplots(len(rows), len(patterns), sharex=True, sharey="row", squeeze=False)
    for row, (title, score, part) in zip(axes, rows, strict=True):
        row[0].set_ylabel(title)
        for axis, pattern in zip(row, patterns, strict=True):
            for arm in arms:
                _curve(axis, runs, (arm, titles[arm]), pattern, (score, part))
            axis.set_xscale("log")
            axis.grid(alpha=0.3)
    for axis, pattern in zip(axes[0], patterns, strict=True):
        axis.set_title(PATTERNS[pattern], fontsize="medium")
    for axis in axes[-1]:
        axis.set_xlabel("labelled windows, %")
        axis.set_xticks([0.5, 2, 10, 50, 100], ["0.5", "2", "10", "50", "100"])
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    return figure


def _curve(axis: Any, runs: Runs, arm: tuple[str, str], pattern: Pattern, score: tuple[str, str]) -> None:
    points = [(share, runs.cell(arm[0], pattern, share)) for share in runs.shares(pattern)]
    found = [(share, cell.of(*score)) for share, cell in points if cell is not None and cell.of(*score)]
    if found:
        x = [100 * share for share, _ in found]
        colour = COLOURS[arm[0]]
        axis.plot(x, [np.mean(values) for _, values in found], "o-", ms=4, color=colour, label=arm[1])
        low, high = ([end(values) for _, values in found] for end in (min, max))
        axis.fill_between(x, low, high, color=colour, alpha=0.15, lw=0)
