"""``divecast export``."""

from pathlib import Path
from typing import Annotated

import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.settings import read_settings


def export(
    model: options.Model,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File of the graph: .onnx, or .pt2 for torch.export.")
    ] = Path("model.onnx"),
    level: Annotated[
        list[float] | None, typer.Option("--level", min=0.0, max=1.0, help="A quantile; repeat for more.")
    ] = None,
    config: options.Config = None,
    as_json: options.Json = False,
) -> None:
    r"""Write one graph with scaling, forecast and code, for ONNX runtimes or torch.

    ONNX needs the extra: pip install "divecast\[onnx]".
    """
    from divecast.cli.loaded import load_model

    settings = read_settings(config, {"levels": level})
    load_model(model, settings).export(out, tuple(sorted(settings.levels)))
    if as_json:
        print_json({"command": "export", "graph": out, "bytes": out.stat().st_size})
    else:
        print_lines(f"The graph ({out.stat().st_size / 1e6:.1f} MB) is in {shown(out)}")
