"""``divecast export``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.files import Writes
from divecast.cli.inputs import load_model
from divecast.cli.options import Config, Json, Levels, Model
from divecast.cli.settings import read_settings


def export(
    model: Model,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File of the graph: .onnx, or .pt2 for torch.export."), Writes()
    ] = Path("model.onnx"),
    level: Levels = None,
    config: Config = None,
    as_json: Json = False,
) -> None:
    r"""Write one graph with scaling, forecast and code, for ONNX runtimes or torch.

    ONNX needs an extra: pip install "divecast\[onnx]".
    """
    settings = read_settings(config, {"levels": level})
    load_model(model, settings).export(out, settings.rising_levels)
    if as_json:
        print_json({"command": "export", "graph": out, "bytes": out.stat().st_size})
    else:
        print_lines(f"Graph ({out.stat().st_size / 1e6:.1f} MB): {shown(out)}")
