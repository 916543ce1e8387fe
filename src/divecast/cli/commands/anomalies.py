"""``divecast anomalies``."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from divecast._text import plural
from divecast.cli import options
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.figure import Figure, check_figure, draw_figure
from divecast.cli.places import parse_class
from divecast.cli.settings import read_settings
from divecast.errors import ConfigError
from divecast.inference.predict import PartName

if TYPE_CHECKING:
    from divecast.explain.anomalies.anomaly_reasons import OddWindow
    from divecast.explain.anomalies.label_disagreements import ReadAs


def anomalies(
    model: options.Model,
    data: options.Data,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="CSV, CSV.gz or Parquet file of all windows' scores.")
    ] = Path("anomalies.parquet"),
    channels_out: Annotated[
        Path | None, typer.Option("--channels-out", help="Also write the scores of every channel to this file.")
    ] = None,
    part: Annotated[PartName, typer.Option("--part", help="Part of the data of the fit; all for any data.")] = "all",
    every: Annotated[int, typer.Option("--every", help="Score one window in this many.")] = 1,
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
    read_as: Annotated[
        str | None,
        typer.Option(
            "--read-as",
            help="Show instead the windows whose label is read as this class though another is given, the clearest "
            "first: weekday=Sun finds holidays.",
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
    wanted = None if read_as is None else parse_class("--read-as", read_as)
    _check_positive(top=top, every=every, apart=1 if apart is None else apart)
    check_figure(figure)
    given = {"device": device, **options.of_data(time, label, tz, channels, recording, rate)}
    settings = read_settings(config, given)
    fitted, source = load_with_data(model, data, settings)
    usual = None
    if against is not None:
        usual = fitted.anomalies(read_data(against, settings, optional_labels=list(fitted.info()["factors"])), "valid")
    found = fitted.anomalies(source, part, every, against=usual, **({"parts": tuple(use)} if use else {}))
    listed = found.top(top, apart) if wanted is None else found.read_as(*wanted, top, apart)
    write_frame(found.frame(), out)
    if channels_out is not None:
        write_frame(found.frame("channel"), channels_out)
    if figure is not None:
        from divecast.plots import OddWindowsDisplay

        odd = OddWindowsDisplay
        display = odd.from_anomalies(found, top) if wanted is None else odd.from_readings(found, *wanted, top)
        draw_figure(display, figure, silent=as_json)
    n_windows, reference = len(found.score), found.reference
    if as_json:
        about = {"usual": reference.of, "usual_windows": reference.n_windows, "parts": found.parts}
        rows = [_as_json(each) for each in listed]
        rows_are = "odd" if wanted is None else "read_as"
        print_json({"command": "anomalies", "scores": out, "windows": n_windows, **about, rows_are: rows})
    else:
        if wanted is not None and not listed:
            print_lines(f"No window is read as {read_as} that is given as another")
        print_lines(*map(str, listed))
        print_lines(f"The scores of {plural(n_windows, 'window')} against {reference.of} are in {shown(out)}")


def _as_json(each: "OddWindow | ReadAs") -> dict[str, Any]:
    told = {name: value for name, value in asdict(each).items() if name not in ("window", "rarity", "recording")}
    recording = {} if each.recording is None else {"recording": each.recording}
    end = float(each.end) if each.recording is not None else str(each.end)
    rounded = {name: round(value, 3) for name, value in told.items() if isinstance(value, float)}
    return {**recording, **told, **rounded, "end": end}


def _check_positive(**numbers: int) -> None:
    for name, value in numbers.items():
        if value < 1:
            raise ConfigError(f"{name} must be a whole number >= 1, got {value}")
