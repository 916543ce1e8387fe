"""``divecast anomalies``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.figure import Figure, check_figure, draw_figure
from divecast.cli.settings import read_settings
from divecast.errors import ConfigError
from divecast.inference import PartName

if TYPE_CHECKING:
    from divecast.explain.odd_window import OddWindow


def anomalies(  # noqa: PLR0913  typer reads an option from each parameter
    model: options.Model,
    data: options.Data,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="CSV, CSV.gz or Parquet file of all windows' scores.")
    ] = Path("anomalies.parquet"),
    channels_out: Annotated[
        Path | None, typer.Option("--channels-out", help="Also write the scores of every channel to this file.")
    ] = None,
    part: Annotated[PartName, typer.Option("--part", help="Part of the data of the fit; all for any data.")] = "all",
    every: Annotated[int, typer.Option("--every", help="Score every how manieth window.")] = 1,
    top: Annotated[int, typer.Option("--top", help="How many of the oddest windows to show.")] = 10,
    apart: Annotated[
        int | None, typer.Option("--apart", help="Rows between two shown windows at least; the look-back by default.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            help="The data of the fit, when others are scored: their validation part tells what is usual.",
        ),
    ] = None,
    use: Annotated[
        list[str] | None,
        typer.Option(
            "--use",
            help="Part of the score: level, peak, jump, stuck, reconstruction, label or bound; repeat for more.",
        ),
    ] = None,
    figure: Figure = None,
    config: options.Config = None,
    device: options.Device = None,
    time: options.Time = None,
    label: options.LabelColumns = None,
    tz: options.Zone = None,
    channels: options.Channels = None,
    recording: options.Recording = None,
    rate: options.Rate = None,
    as_json: options.Json = False,
) -> None:
    """Score how odd every window is, and show the oddest with the reasons in words.

    A score is -log10 of the share of usual windows that are as odd: 2 is one in a hundred.
    """
    from divecast.cli.inputs import read_data
    from divecast.cli.loaded import load_with_data
    from divecast.data import write_frame

    for place in filter(None, (out, channels_out)):
        options.check_table(place)
    _check_positive(top=top, every=every, apart=1 if apart is None else apart)
    check_figure(figure)
    given = {"device": device, **options.of_data(time, label, tz, channels, recording, rate)}
    settings = read_settings(config, given)
    fitted, source = load_with_data(model, data, settings)
    usual = None
    if against is not None:
        usual = fitted.anomalies(read_data(against, settings, optional_labels=list(fitted.info()["factors"])), "valid")
    found = fitted.anomalies(source, part, every, against=usual, **({"parts": tuple(use)} if use else {}))
    write_frame(found.frame(), out)
    if channels_out is not None:
        write_frame(found.frame("channel"), channels_out)
    if figure is not None:
        from divecast.report import OddWindowsDisplay

        draw_figure(OddWindowsDisplay.from_anomalies(found, top), figure, silent=as_json)
    oddest = found.top(top, apart)
    n_windows, reference = len(found.score), found.reference
    if as_json:
        about = {"usual": reference.of, "usual_windows": reference.n_windows, "parts": found.parts}
        rows = [_as_json(each) for each in oddest]
        print_json({"command": "anomalies", "scores": out, "windows": n_windows, **about, "odd": rows})
    else:
        print_lines(*map(str, oddest))
        print_lines(f"The scores of {n_windows} windows against {reference.of} are in {shown(out)}")


def _as_json(odd: "OddWindow") -> dict[str, Any]:
    recording = {} if odd.recording is None else {"recording": odd.recording}
    end = float(odd.end) if odd.recording is not None else str(odd.end)
    return {
        **recording,
        "end": end,
        "score": round(odd.score, 3),
        "part": odd.part,
        "channel": odd.channel,
        "reasons": list(odd.reasons),
    }


def _check_positive(**numbers: int) -> None:
    for name, value in numbers.items():
        if value < 1:
            raise ConfigError(f"{name} must be a whole number >= 1, got {value}")
