"""``divecast encode``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast._text import plural
from divecast.cli import options
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.settings import read_settings
from divecast.inference.predict import PartName


def encode(
    model: options.Model,
    data: options.Data,
    out: Annotated[Path, typer.Option("--out", "-o", help="CSV, CSV.gz or Parquet file of the codes.")] = Path(
        "codes.parquet"
    ),
    part: Annotated[PartName, typer.Option("--part", help="Part of the data of the fit; all for any data.")] = "all",
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
    """Write the code of every window: mean and sd of every dimension, and the class probabilities of every factor."""
    from divecast.cli.loaded import load_with_data
    from divecast.data import write_frame

    options.check_table(out)
    given = {"device": device, **options.of_data(time, label, tz, channels, recording, rate)}
    fitted, source = load_with_data(model, data, read_settings(config, given))
    codes = fitted.encode(source, part=part)
    write_frame(codes.frame(), out)
    n_windows = len(codes.keys.origins)
    if as_json:
        print_json({"command": "encode", "codes": out, "windows": n_windows, "factors": codes.factors})
    else:
        factors = f", factors {', '.join(codes.factors)}" if codes.factors else ""
        print_lines(f"The codes of {plural(n_windows, 'window')}{factors} are in {shown(out)}")
