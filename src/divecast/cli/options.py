"""Options that several commands share, as annotated types that typer reads."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from divecast.errors import ConfigError
from divecast.inference.predict import LabelMode

_DATA, _RUN = "Data", "Running"

Layout = Literal["long", "wide"]
SplitBy = Literal["time", "recording"]

Data = Annotated[
    str,
    typer.Argument(
        help="CSV, CSV.gz or Parquet file, folder of a store, or a shipped data set (loads, motion).",
        show_default=False,
    ),
]
Model = Annotated[Path, typer.Argument(help="A model that 'divecast fit' wrote.", show_default=False)]
Config = Annotated[
    Path | None, typer.Option("--config", help="TOML file of settings; options win over it.", show_default=False)
]
Horizon = Annotated[int | None, typer.Option("--horizon", help="Steps to forecast.")]
Lookback = Annotated[int | None, typer.Option("--lookback", help="Steps of a window.")]
Factors = Annotated[
    list[str] | None,
    typer.Option(
        "--factor",
        help="hour, half_hour, weekday, weekend, month, season, holiday:COUNTRY, each with @ZONE "
        "where that is not the zone of the stamps; or a label column as NAME, "
        "NAME:ordered, NAME:ordered:BINS or NAME:cyclic; repeat for more.",
    ),
]
Assignments = Annotated[
    list[str] | None, typer.Option("--set", help="Any setting, as model.code.n_conditional=8; repeat for more.")
]
Shares = Annotated[
    str | None, typer.Option("--split", help="Shares of training, validation and test part.", rich_help_panel=_RUN)
]
SplitWay = Annotated[
    SplitBy | None,
    typer.Option("--split-by", help="Cut in order of time, or by whole recordings.", rich_help_panel=_RUN),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Of every random draw.", rich_help_panel=_RUN)]
Group = Annotated[
    str | None,
    typer.Option("--group", help="Label of recordings that are kept in one part.", rich_help_panel=_RUN),
]
Workers = Annotated[int, typer.Option("--workers", help="Processes at once, of one thread each.", rich_help_panel=_RUN)]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Device = Annotated[
    str | None, typer.Option("--device", help="cpu, cuda or mps; cpu when left out.", rich_help_panel=_RUN)
]

Ray = Annotated[
    str | None,
    typer.Option(
        "--ray",
        help='Spread the work with Ray: "local", or the address of a cluster whose machines share these folders. '
        "It needs the extra ray.",
        rich_help_panel=_RUN,
    ),
]
Time = Annotated[
    str | None,
    typer.Option("--time", help="Column of time stamps; found by itself when left out.", rich_help_panel=_DATA),
]
LabelColumns = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        help="Column that holds labels, not a channel; repeat for more. Factors that are no calendar names are taken "
        "for label columns by themselves.",
        rich_help_panel=_DATA,
    ),
]
Zone = Annotated[
    str | None,
    typer.Option(
        "--tz",
        help="Zone of stamps that name none, and of calendar factors; when left out that of the stamps, else UTC.",
        rich_help_panel=_DATA,
    ),
]
Channels = Annotated[
    list[str] | None,
    typer.Option(
        "--channels", help="Channels to use, with commas between or repeated; all when left out.", rich_help_panel=_DATA
    ),
]
Recording = Annotated[
    str | None,
    typer.Option(
        "--recording",
        help="Column that names the recording, when the file holds many recordings and no common clock.",
        rich_help_panel=_DATA,
    ),
]
Rate = Annotated[float | None, typer.Option("--rate", help="Rows a second of recordings, Hz.", rich_help_panel=_DATA)]

Start = Annotated[str | None, typer.Option("--start", help="Time of the first step, such as 2024-06-01T00:00.")]
Labels = Annotated[
    LabelMode, typer.Option("--labels", help="Tell the code the labels that are known, or let it infer them.")
]


def of_data(
    time: str | None,
    label_columns: list[str] | None,
    tz: str | None,
    channels: list[str] | None,
    recording: str | None,
    rate: float | None,
) -> dict[str, Any]:
    """Name the options that say how to read data as :class:`divecast.cli.settings.Settings` names them."""
    return {
        "time": time,
        "label_columns": label_columns,
        "tz": tz,
        "channels": [name.strip() for text in channels or () for name in text.split(",")],
        "recording": recording,
        "rate": rate,
    }


def check_table(out: Path) -> None:
    """Refuse a place for a table that cannot be written before the work, not after.

    Raises:
        ConfigError: The name tells no kind of table, or the folder is absent.
    """
    if not out.name.lower().endswith((".csv", ".csv.gz", ".parquet")):
        raise ConfigError(f"expected a file that ends in .csv, .csv.gz or .parquet, got {out}; give another --out")
    if not out.parent.is_dir():
        raise ConfigError(f"expected a folder that exists for {out.name}, there is no {out.parent}; give another --out")
