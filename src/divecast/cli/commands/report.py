"""``divecast report``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.settings import read_settings
from divecast.errors import ConfigError
from divecast.inference.predict import PartName


def report(
    model: options.Model,
    data: options.Data,
    out: Annotated[Path, typer.Option("--out", "-o", help="HTML file of the page.")] = Path("report.html"),
    part: Annotated[
        PartName | None,
        typer.Option(
            "--part",
            help="Part of the data of the fit; when left out the test part, or all of other data.",
            show_default=False,
        ),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Title of the page.")] = "Model report",
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
    """Write one HTML page on the model and the data, that opens offline: forecasts, code, what-if, odd windows."""
    from divecast.cli.loaded import load_with_data
    from divecast.page import write_report

    if out.suffix.lower() not in (".html", ".htm"):
        raise ConfigError(f"expected a file that ends in .html, got {out}; give another --out")
    if not out.parent.is_dir():
        raise ConfigError(f"expected a folder that exists for {out.name}, there is no {out.parent}; give another --out")
    given = {"device": device, **options.of_data(time, label, tz, channels, recording, rate)}
    fitted, source = load_with_data(model, data, read_settings(config, given))
    write_report(fitted, source, out, part=part, title=title)
    n_bytes = out.stat().st_size
    if as_json:
        print_json({"command": "report", "page": out, "bytes": n_bytes})
    else:
        print_lines(f"The page is in {shown(out)} ({n_bytes / 1e6:.1f} MB); it opens in any browser, without a network")
