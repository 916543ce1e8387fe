"""The figures of docs/anomalies.md."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from research.anomalies.runs import OWN, Days, Runs

# Okabe and Ito (2008): told apart by colour-blind readers, too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#56B4E9")


def recall_figure(curves: Sequence[tuple[str, list[Days], bool]]) -> Any:
    """Precision against recall, one line per seed; for each ranking: title, days and whether all states count."""
    figure = Figure(figsize=(5.2, 3.6), layout="constrained")
    axis = figure.subplots()
    for colour, (title, every, everywhere) in zip(COLOURS, curves, strict=False):
        for at, days in enumerate(every):
            precision, recall = days.curve(everywhere)
            axis.plot(recall, precision, drawstyle="steps-post", color=colour, lw=1.2, label=title if not at else None)
        axis.axhline(every[0].hits(everywhere).mean(), color=colour, ls=":", lw=0.8)
    axis.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1.02))
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, fontsize="small")
    return figure


def faults_figure(runs: Runs, names: Sequence[tuple[str, str]]) -> Any:
    """ROC-AUC in the test part against the size of each fault; ``names`` are detectors and their titles."""
    faults = list(dict.fromkeys(fault for fault, _ in runs.faults()))
    figure = Figure(figsize=(2.4 * len(faults), 2.9), layout="constrained")
    axes = figure.subplots(1, len(faults), sharey=True)
    for axis, fault in zip(np.atleast_1d(axes), faults, strict=True):
        sizes = [size for name, size in runs.faults() if name == fault]
        for colour, (name, title) in zip(COLOURS, names, strict=False):
            values = [runs.auc(name, "test", [(fault, size)]) for size in sizes]
            axis.plot(range(len(sizes)), values, "o-", ms=4, color=colour, label=title, lw=2.0 if name == OWN else 1.0)
        axis.set_xticks(range(len(sizes)), [f"{size:g}" for size in sizes])
        axis.set(title=fault, xlabel=runs.unit(fault), ylim=(0.45, 1.02))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("ROC-AUC")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False)
    return figure
