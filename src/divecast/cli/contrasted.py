"""What the command says of forecasts under two codes."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast._text import plural
from divecast.cli.console import print_lines, print_table, shown

if TYPE_CHECKING:
    from divecast.explain.counterfactuals.counterfactual import Counterfactual

_MOST_SHOWN = 12


def print_contrast(found: "Counterfactual", other: str, out: Path, windows_out: Path | None) -> None:
    """Print the means and changes by channel, the most changed for its level first, and where the tables are.

    Args:
        found: both forecasts.
        other: what the second forecast is, the name of its column.
        out: file of the forecasts.
        windows_out: file of the reconstructions, if any.
    """
    n_windows, horizon, n_channels = found.difference.shape
    own, moved = (forecast.mean.mean(axis=(0, 1)) for forecast in (found.factual, found.counterfactual))
    change = np.abs(found.difference).mean(axis=(0, 1))
    share = change / np.maximum((np.abs(own) + np.abs(moved)) / 2, 1e-12)
    largest = np.argsort(-share, kind="stable")[:_MOST_SHOWN]
    rows = [
        (found.factual.channels[at], *(f"{x[at]:.4g}" for x in (own, moved, change)), f"{share[at]:.1%}")
        for at in largest
    ]
    windows, steps = plural(n_windows, "window"), plural(horizon, "step")
    most = f", the {_MOST_SHOWN} most changed for their level" if n_channels > len(rows) else ""
    header = ["channel", "as it is", other, "mean |change|", "of the level"]
    print_table(f"Mean over {windows} x {steps}{most}", header, rows)
    channels = plural(n_channels, "channel")
    print_lines(f"Both forecasts of {windows}, {steps} x {channels}, are in {shown(out)}")
    if windows_out:
        print_lines(f"Both reconstructions are in {shown(windows_out)}")


def moved_classes(found: "Counterfactual") -> list[str]:
    """Say which classes were moved, for the first window."""
    said, end = [], found.factual.keys.stamps[0, 0]
    for at, factor in enumerate(found.factors):
        old, new, share = found.before.names[0, at], found.after.names[0, at], found.before.probabilities[0, at]
        known = "known" if share == 1.0 else f"inferred, probability {share:.2f}"
        if old != new:
            said.append(f"{factor} at the last row of the first window, {end}: {old} ({known}) -> {new}")
    return said or [f"The last row of the first window, {end}, is of that class already."]


def contrast_as_json(found: "Counterfactual") -> dict[str, Any]:
    """Return how many windows there are, and the classes before and after."""
    classes = {"factors": found.factors, "before": found.before.names, "after": found.after.names}
    return {"windows": len(found.difference), **classes, "before_probability": found.before.probabilities}
