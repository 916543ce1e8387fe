"""What ``divecast what-if`` and ``divecast swap-codes`` have in common: two forecasts of the same windows."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.cli.console import print_json, print_lines, print_table, shown
from divecast.cli.options import CounterfactualOptions
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.data import write_frame

if TYPE_CHECKING:
    from divecast.explain.counterfactuals.counterfactual import Counterfactual

_MAX_CHANNELS = 12


def check_outputs(options: CounterfactualOptions, out: Path) -> None:
    """Check that the tables and the figure can be written.

    Raises:
        ConfigError: one cannot.
    """
    check_tables(out, options.windows_out)
    check_figure(options.figure)


def report_counterfactual(
    answer: "Counterfactual", options: CounterfactualOptions, out: Path, command: str, title: str, **more: Any
) -> None:
    """Write the tables and the figure, and print the mean change of each channel.

    Args:
        answer: both forecasts.
        options: options of the command.
        out: file of the forecasts.
        command: name of the command.
        title: heading of the second forecast.
        more: further fields of the JSON object.
    """
    write_frame(answer.frame(), out, raw=options.raw)
    if options.windows_out:
        write_frame(answer.window_frame(), options.windows_out, raw=options.raw)
    if options.figure is not None:
        draw(answer, options.figure, silent=options.as_json)
    if options.as_json:
        files = {"forecasts": out, "reconstructions": options.windows_out}
        classes = {"factors": answer.factors, "before": answer.before.names, "after": answer.after.names}
        names, (before, after, _) = _means(answer)
        change = dict(zip(names, (after - before).tolist(), strict=True))
        more |= {"scenario": answer.scenario, "mean_change": change, "windows": len(answer.difference), **classes}
        more |= {"before_probability": answer.before.probabilities}
        print_json({"command": command, **files, **more})
        return
    _print_changes(answer, title)
    print_lines(f"Both forecasts: {shown(out)}")
    if options.windows_out:
        print_lines(f"Both reconstructions: {shown(options.windows_out)}")


def _means(answer: "Counterfactual") -> tuple[Sequence[str], list[NDArray[np.float64]]]:
    """Return the names of channels, or of series with windows of their own, and means: before, after, and change."""
    keys = answer.factual.keys
    means = [each.mean.mean(axis=1, dtype=np.float64) for each in (answer.factual, answer.counterfactual)]
    means.append(np.abs(answer.difference).mean(axis=1, dtype=np.float64))  # (window, channel) each
    if not keys.of_series or keys.recordings is None:
        return answer.factual.channels, [each.mean(axis=0) for each in means]
    names, place = np.unique(keys.recordings.astype(str), return_inverse=True)
    return names.tolist(), [np.bincount(place, each[:, 0]) / np.bincount(place) for each in means]


def _print_changes(answer: "Counterfactual", title: str) -> None:
    """Print means and changes by channel or series, the largest change relative to its level first."""
    n_windows, horizon, n_channels = answer.difference.shape
    names, (before, after, change) = _means(answer)
    share = change / np.maximum((np.abs(before) + np.abs(after)) / 2, 1e-12)
    rows = [
        (names[at], *(f"{values[at]:.4g}" for values in (before, after, change)), f"{share[at]:.1%}")
        for at in np.argsort(-share, kind="stable")[:_MAX_CHANNELS]
    ]
    what = "series" if answer.factual.keys.of_series else "channel"
    size = f"{plural(n_windows, 'window')}, {plural(horizon, 'step')} x {plural(n_channels, 'channel')}"
    largest = f"; the {_MAX_CHANNELS} largest relative changes" if len(names) > len(rows) else ""
    print_table(f"Mean over {size}{largest}", [what, "as is", title, "mean |change|", "relative"], rows)


def changed_classes(answer: "Counterfactual") -> list[str]:
    """Return lines that name the changed classes of the first window."""
    lines, end = [], answer.factual.keys.stamps[0, 0]
    for index, factor in enumerate(answer.factors):
        old, new = answer.before.names[0, index], answer.after.names[0, index]
        probability = answer.before.probabilities[0, index]
        source = "known" if probability == 1.0 else f"inferred, probability {probability:.2f}"
        if old != new:
            lines.append(f"{factor} at the last row of the first window, {end}: {old} ({source}) -> {new}")
    return lines or [f"The last row of the first window, {end}, is of that class already."]
