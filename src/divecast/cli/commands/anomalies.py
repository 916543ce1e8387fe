"""``divecast anomalies``."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from divecast._text import plural
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.files import Reads, Writes
from divecast.cli.inputs import data_for, load_with_data
from divecast.cli.options import Every, FigureOut, Json, ModelOptions, Raw, TableOut
from divecast.cli.outputs import check_figure, check_tables, draw
from divecast.cli.places import parse_class
from divecast.data import write_frame
from divecast.explain import DEFAULT_SCORES
from divecast.inference.fitted_model import PartName

if TYPE_CHECKING:
    from divecast.explain.anomalies.anomaly_reasons import AnomalousWindow
    from divecast.explain.anomalies.label_disagreements import LabelDisagreement


def anomalies(
    inputs: ModelOptions,
    out: TableOut = Path("anomalies.parquet"),
    channels_out: Annotated[
        Path | None,
        typer.Option("--channels-out", help="Also write the scores of every channel to this table."),
        Writes(),
    ] = None,
    subset: Annotated[
        PartName, typer.Option("--subset", help="Part of the data the model was fitted on; use 'all' for other data.")
    ] = "all",
    every: Every = 1,
    top: Annotated[int, typer.Option("--top", min=1, help="Number of windows to show.")] = 10,
    apart: Annotated[
        int | None,
        typer.Option("--apart", min=1, help="Minimum distance of shown windows in rows. Default: the look-back."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="The data the model was fitted on, if other data are scored: the reference for the scores is its "
            "validation part.",
        ),
        Reads(),
    ] = None,
    scores: Annotated[
        list[str] | None,
        typer.Option(
            "--scores",
            help="Score to use: level, peak, jump, stuck, reconstruction, label or bound. Repeat for several. "
            "Default: all but reconstruction and bound.",
        ),
    ] = None,
    disagreements: Annotated[
        str | None,
        typer.Option(
            "--label-disagreements",
            help="Show instead the windows whose label is inferred as this class while the data have another, the "
            "most certain first; weekday=Sun finds holidays.",
        ),
    ] = None,
    figure: FigureOut = None,
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Score how anomalous every window is, and explain the most anomalous ones.

    A score is -log10 of the share of reference windows that are at least as anomalous: 2 means one in a hundred.
    """
    wanted = None if disagreements is None else parse_class("--label-disagreements", disagreements)
    check_tables(out, channels_out)
    check_figure(figure)
    settings = inputs.settings()
    model, source = load_with_data(inputs, settings)
    reference, chosen = None, scores or DEFAULT_SCORES
    if against is not None:
        reference = model.anomalies(data_for(model, against, settings), "valid", scores=chosen)
    found = model.anomalies(source, subset, every, against=reference, scores=chosen)
    windows = found.top(top, apart) if wanted is None else found.label_disagreements(*wanted, top, apart)
    write_frame(found.frame(), out, raw=raw)
    if channels_out is not None:
        write_frame(found.frame("channel"), channels_out, raw=raw)
    if figure is not None:
        from divecast.plots import AnomaliesDisplay

        if wanted is None:
            draw(AnomaliesDisplay.from_anomalies(found, top, apart), figure, silent=as_json)
        else:
            draw(AnomaliesDisplay.from_label_disagreements(found, *wanted, top, apart), figure, silent=as_json)
    n_windows = len(found.score)
    if as_json:
        facts = {
            "reference": found.reference.name,
            "reference_windows": found.reference.n_windows,
            "scores": found.score_names,
        }
        kind = "anomalous" if wanted is None else "label_disagreements"
        rows = [_as_json(window) for window in windows]
        print_json({"command": "anomalies", "table": out, "windows": n_windows, **facts, kind: rows})
        return
    if wanted is not None and not windows:
        print_lines(f"No window with another label is inferred as {disagreements}")
    print_lines(*map(str, windows))
    print_lines(f"Scores of {plural(n_windows, 'window')}, relative to {found.reference.name}: {shown(out)}")


def _as_json(window: "AnomalousWindow | LabelDisagreement") -> dict[str, Any]:
    row = {name: value for name, value in asdict(window).items() if name not in ("window", "rarity", "recording")}
    recording = {} if window.recording is None else {"recording": window.recording}
    end = float(window.end) if window.recording is not None else str(window.end)
    rounded = {name: round(value, 3) for name, value in row.items() if isinstance(value, float)}
    return {**recording, **row, **rounded, "end": end}
