"""``divecast encode``."""

from pathlib import Path

from divecast._text import plural
from divecast.cli.console import print_json, print_lines, shown
from divecast.cli.inputs import load_with_data
from divecast.cli.options import Json, ModelOptions, Part, Raw, TableOut
from divecast.cli.outputs import check_tables
from divecast.data import write_frame


def encode(
    inputs: ModelOptions,
    out: TableOut = Path("codes.parquet"),
    part: Part = "all",
    raw: Raw = False,
    as_json: Json = False,
) -> None:
    """Write the code of every window: mean and standard deviation per dimension, class probabilities per factor."""
    check_tables(out)
    model, source = load_with_data(inputs)
    codes = model.encode(source, part=part)
    write_frame(codes.frame(), out, raw=raw)
    n_windows = len(codes.keys.origins)
    if as_json:
        print_json({"command": "encode", "codes": out, "windows": n_windows, "factors": codes.factors})
    else:
        factors = f", factors {', '.join(codes.factors)}" if codes.factors else ""
        print_lines(f"Codes of {plural(n_windows, 'window')}{factors}: {shown(out)}")
