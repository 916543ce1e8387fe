"""The two figures of docs/conflict.md."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from research.conflict.summary import LOSSES, NAMES, PAIRS, TOGETHER, Runs

# Okabe and Ito (2008): told apart by colour-blind readers, too.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9")
MODULES = ("marginal.encoder", "marginal.prior", "conditional", "fusion")


def rates(cases: Sequence[Runs]) -> Any:
    """Share of negative cosines between halves of a batch, one column per case, one row per pair of losses."""
    figure, axes = _panels(len(PAIRS), len(cases), (5.2, 2.3))
    for row, pair in zip(axes, PAIRS, strict=True):
        for axis, runs in zip(row, cases, strict=True):
            _rate_panel(axis, runs, pair)
    for axis, runs in zip(axes[0], cases, strict=True):
        axis.set_title(runs.case, fontweight="bold")
    for row, (first, second) in zip(axes, PAIRS, strict=True):
        row[0].set_ylabel(f"{NAMES[first]} and\n{NAMES[second]}\nnegative cosines")
    handles = _legend_handles()
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    return figure


def losses(cases: Sequence[Runs]) -> Any:
    """Losses minus those trained alone, mean and interval over the seeds: one row per case, one column per loss."""
    figure, axes = _panels(len(cases), len(LOSSES), (2.9, 2.3))
    for row, runs in zip(axes, cases, strict=True):
        for axis, loss in zip(row, LOSSES, strict=True):
            _loss_panel(axis, runs, loss)
        row[0].set_ylabel(runs.case, fontweight="bold")
        for axis in row[1:]:
            axis.set_yticklabels([])
    for axis, (name, measured) in zip(axes[-1], LOSSES.items(), strict=True):
        axis.set_xlabel(f"{name}\nnats a {measured.unit}\nbetter   $\\leftarrow$   than alone   $\\rightarrow$   worse")
    return figure


def _rate_panel(axis: Any, runs: Runs, pair: tuple[str, str]) -> None:
    width = 0.8 / len(TOGETHER)
    for at, module in enumerate(MODULES):
        for i, (arm, colour) in enumerate(zip(TOGETHER, COLOURS, strict=True)):
            found = runs.cells(arm, pair, (module, "unfrozen"), "across_negative")
            if not found:
                continue
            x = at + (i - (len(TOGETHER) - 1) / 2) * width
            null = fmean(runs.cells(arm, pair, (module, "unfrozen"), "null_negative"))
            met = bool(runs.cells(arm, pair, (module, "as trained"), "across_negative"))
            axis.plot([x, x], [min(found), max(found)], color=colour, lw=1)
            axis.plot(x, fmean(found), "o", ms=5, color=colour, mfc=colour if met else "white")
            axis.plot([x - width / 2.4, x + width / 2.4], [null, null], color="black", lw=1.4)
    axis.axhline(0.5, color="0.6", lw=0.8, ls=":")
    axis.set_xticks(range(len(MODULES)), [module.replace("marginal.", "marginal\n") for module in MODULES])
    axis.set_xlim(-0.5, len(MODULES) - 0.5)
    axis.set_ylim(-0.03, 1.03)


def _legend_handles() -> list[Any]:
    line = Line2D
    arms = [line([], [], color=c, marker="o", ls="", label=a) for a, c in zip(TOGETHER, COLOURS, strict=True)]
    null = line([], [], color="black", lw=1.4, label="null: one loss, two halves")
    hollow = line([], [], color="0.3", marker="o", mfc="white", ls="", label="only if it were not frozen")
    return [*arms, null, hollow]


def _loss_panel(axis: Any, runs: Runs, loss: str) -> None:
    for at, (arm, colour) in enumerate(zip(TOGETHER, COLOURS, strict=True)):
        found = runs.against_alone(arm, loss)
        if found is None:
            continue
        if found.low is not None:
            axis.plot([found.low, found.high], [at, at], color=colour, lw=2)
        axis.plot(found.mean, at, "o", ms=5, color=colour)
    axis.axvline(0.0, color="black", lw=0.8)
    axis.set_yticks(range(len(TOGETHER)), TOGETHER)
    axis.set_ylim(len(TOGETHER) - 0.5, -0.5)


def _panels(rows: int, columns: int, size: tuple[float, float]) -> tuple[Any, Any]:
    figure = Figure(figsize=(size[0] * columns + 0.8, size[1] * rows + 0.8), layout="constrained", dpi=150)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis in axes.flat:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
        axis.title.set_size(10)
        axis.xaxis.label.set_size(9)
        axis.yaxis.label.set_size(9)
    return figure, axes
