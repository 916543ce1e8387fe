"""Options that several commands share: groups of them, and single options as annotated types."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from divecast.cli.files import Reads, Writes, of_assignments, of_settings
from divecast.cli.settings import CommandSettings, read_settings
from divecast.config import SeriesMode
from divecast.data.time.stamp_options import StampEdge
from divecast.explain.counterfactuals.label_effects import UnlabelledCode as UnlabelledCodeChoice
from divecast.inference.fitted_model import PartName
from divecast.inference.predict import LabelMode
from divecast.interfaces.hierarchy import Method

_DATA, _RUN = "Data", "Running"

Layout = Literal["long", "wide"]
SplitBy = Literal["time", "recording"]

Model = Annotated[
    Path, typer.Argument(metavar="MODEL", help="Model file written by 'divecast fit'.", show_default=False), Reads()
]
Config = Annotated[
    Path | None,
    typer.Option("--config", help="TOML file of settings; options override it.", show_default=False),
    Reads(of_settings),
]
Device = Annotated[
    str | None,
    typer.Option("--device", help="Device: cpu (default), cuda, mps, or auto for the fastest.", rich_help_panel=_RUN),
]
Seed = Annotated[int | None, typer.Option("--seed", help="Random seed.", rich_help_panel=_RUN)]
Adapt = Annotated[
    bool,
    typer.Option("--adapt", help="Move levels of intervals by the values before each forecast, as observe does."),
]
Workers = Annotated[
    int, typer.Option("--workers", help="Number of parallel processes, one thread each.", rich_help_panel=_RUN)
]
Ray = Annotated[
    str | None,
    typer.Option(
        "--ray",
        help='Run on Ray: "local", or the address of a cluster whose machines share these folders. '
        "Needs divecast\\[ray].",
        rich_help_panel=_RUN,
    ),
]
SplitWay = Annotated[
    SplitBy | None,
    typer.Option(
        "--split-by",
        help="Split in order of time, or by whole recordings, which --group implies.",
        rich_help_panel=_RUN,
    ),
]
Part = Annotated[
    PartName, typer.Option("--part", help="Part of the data the model was fitted on; use 'all' for other data.")
]
Every = Annotated[int, typer.Option("--every", min=1, help="Use every n-th window.")]
QuarterEvery = Annotated[
    int | None, typer.Option("--every", min=1, help="Use every n-th window. Default: four per look-back.")
]
People = Annotated[
    str | None,
    typer.Option("--group", help="Label that names who was recorded. Default: that of the split of the fit."),
]
At = Annotated[
    list[str] | None,
    typer.Option(
        "--at",
        help="Time of the first forecast step, such as 2024-06-01T00:00; for recordings NAME, or NAME@SECOND of the "
        "end of the window. Repeat for several windows. Default: the end of the data.",
    ),
]
Labels = Annotated[
    LabelMode, typer.Option("--labels", help="Use the known labels, or infer all labels from the window.")
]
Levels = Annotated[
    list[float] | None,
    typer.Option(
        "--level", min=0.0, max=1.0, help="Quantile level of the forecast, 0.0005 to 0.9995. Repeat for several."
    ),
]
UnlabelledCode = Annotated[
    UnlabelledCodeChoice,
    typer.Option(
        "--unlabelled-code",
        help="When labels change: adjust code a by what it depends on the labels, or keep it unchanged.",
    ),
]
Reconcile = Annotated[
    Method | None,
    typer.Option(
        "--reconcile",
        help="Make forecasts of series and of the sums of --groups add up: bottom_up sums those of the series; the "
        "other methods are those of hierarchicalforecast, for a model that is fitted with the sums. They need "
        "divecast\\[hierarchy].",
    ),
]
AllSteps = Annotated[bool, typer.Option("--all-steps", help="Show all steps, not only 1, 3, 6, 12 and 24.")]
NewerModelOut = Annotated[
    Path, typer.Option("--out", "-o", help="Model file to write; may be the one that is read."), Writes(over=("model",))
]
TableOut = Annotated[Path, typer.Option("--out", "-o", help="Table to write: a CSV, CSV.gz or Parquet file."), Writes()]
ExtraTableOut = Annotated[
    Path | None, typer.Option("--out", "-o", help="Also write a table: a CSV, CSV.gz or Parquet file."), Writes()
]
FolderOut = Annotated[Path, typer.Option("--out", "-o", help="Folder of the results."), Writes()]
FigureOut = Annotated[
    Path | None,
    typer.Option(
        "--figure", help="Also draw a figure: a .png or .pdf file. Needs divecast\\[plot].", show_default=False
    ),
    Writes(),
]
Raw = Annotated[
    bool,
    typer.Option(
        "--raw",
        help="Write text in CSV as it is, also what a spreadsheet would run as a formula. Default: with an apostrophe "
        "before it.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def _as_data(path: str) -> dict[str, str]:
    """The data by the name that messages have for them."""
    return {"data": path}


@dataclass(frozen=True, slots=True)
class DataOptions:
    """The data, and how to read it."""

    path: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="CSV or other text file (also .gz), Parquet or Excel file, folder of a store or with one file per "
            "recording, or a shipped data set: loads or motion.",
            show_default=False,
        ),
        Reads(_as_data),
    ]
    id: Annotated[
        list[str] | None,
        typer.Option(
            "--id",
            help="Column that names the series of a long table, one row per series and time; repeat it where several "
            "do so together. Default: one of a usual name, such as unique_id or item_id.",
            rich_help_panel=_DATA,
        ),
    ] = None
    time: Annotated[
        str | None,
        typer.Option("--time", help="Column of time stamps; detected automatically if omitted.", rich_help_panel=_DATA),
    ] = None
    value: Annotated[
        str | None,
        typer.Option(
            "--value",
            help="Column that holds the values of a long table. Default: one of a usual name, such as y or target.",
            rich_help_panel=_DATA,
        ),
    ] = None
    static: Annotated[
        str | None,
        typer.Option(
            "--static",
            help="Table of facts of the series, such as area or region, one row each.",
            rich_help_panel=_DATA,
        ),
        Reads(),
    ] = None
    known: Annotated[
        str | None,
        typer.Option(
            "--known",
            help="Second table with the labels and covariates that DATA lacks, by time or by time and series; its rows "
            "after the end of DATA are those to forecast. Of recordings: their labels, one row each.",
            rich_help_panel=_DATA,
        ),
        Reads(),
    ] = None
    groups: Annotated[
        str | None,
        typer.Option(
            "--groups",
            help="Groups of series, such as regions, whose sums are further series of a model that is fitted with "
            "them: a table with one row per series, of its name and a column for each kind of group; or a TOML or JSON "
            "file of NAME = [...], in which groups may lie in groups.",
            rich_help_panel=_DATA,
        ),
        Reads(),
    ] = None
    label_columns: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            help="Column of labels, which is not a channel. Repeat for several. Not needed for label columns named "
            "with --factor.",
            rich_help_panel=_DATA,
        ),
    ] = None
    tz: Annotated[
        str | None,
        typer.Option(
            "--tz",
            help="Time zone of naive time stamps and of calendar factors. Default: that of the time stamps, else UTC.",
            rich_help_panel=_DATA,
        ),
    ] = None
    calendar: Annotated[
        str | None,
        typer.Option(
            "--calendar",
            help="Opening times, outside which nothing is missing or forecast, such as Mon-Fri, 1111110 or 'Mon-Fri "
            "08:00-18:00, Sat 09:00-13:00'; none if no time is closed. Default: those of the model; at the fit, times "
            "of the week at which the data have no rows are closed.",
            rich_help_panel=_DATA,
        ),
    ] = None
    holidays: Annotated[
        list[str] | None,
        typer.Option(
            "--holidays",
            help="Closed dates, such as 2024-12-25, separated by commas or repeated; or a country, such as DE or US-NY "
            "(needs the package holidays).",
            rich_help_panel=_DATA,
        ),
    ] = None
    channels: Annotated[
        list[str] | None,
        typer.Option(
            "--channels", help="Channels to use, separated by commas or repeated. Default: all.", rich_help_panel=_DATA
        ),
    ] = None
    sep: Annotated[
        str | None,
        typer.Option(
            "--sep", help='Sign between the columns of a text file, such as ";" or tab.', rich_help_panel=_DATA
        ),
    ] = None
    decimal: Annotated[
        str | None,
        typer.Option("--decimal", help='Sign before decimals in a text file, "." or ",".', rich_help_panel=_DATA),
    ] = None
    thousands: Annotated[
        str | None,
        typer.Option(
            "--thousands", help='Sign between thousands in a text file, such as "," in 1,234.', rich_help_panel=_DATA
        ),
    ] = None
    na: Annotated[
        list[str] | None,
        typer.Option(
            "--na",
            help='Text that means a missing number, besides empty cells, "-", "NA", "n/a", "null" and the like. '
            "Repeat for several.",
            rich_help_panel=_DATA,
        ),
    ] = None
    encoding: Annotated[
        str | None,
        typer.Option("--encoding", help="Encoding of a text file, such as latin-1.", rich_help_panel=_DATA),
    ] = None
    time_format: Annotated[
        str | None,
        typer.Option(
            "--time-format",
            help="How time stamps are written, such as '%d/%m/%Y %H:%M'; unix for seconds since 1970.",
            rich_help_panel=_DATA,
        ),
    ] = None
    stamps: Annotated[
        StampEdge | None,
        typer.Option(
            "--stamps",
            help="Whether a time stamp is the start (default) or the end of the time that its row is about.",
            rich_help_panel=_DATA,
        ),
    ] = None
    recording: Annotated[
        str | None,
        typer.Option(
            "--recording",
            help="Column of the recording's name, for a file of many recordings without a common clock; of a folder, "
            "that of --known. Default: the one that has the names of most files.",
            rich_help_panel=_DATA,
        ),
    ] = None
    rate: Annotated[
        float | None,
        typer.Option(
            "--rate",
            help="Sampling rate of recordings, rows per second (Hz). Default: that of the clock, of a single file in "
            "the column --time.",
            rich_help_panel=_DATA,
        ),
    ] = None

    def settings(self) -> dict[str, Any]:
        """Return the options by the names that :class:`divecast.cli.settings.CommandSettings` has for them."""
        return {
            "id": self.id,
            "time": self.time,
            "value": self.value,
            "static": self.static,
            "known": self.known,
            "groups": self.groups,
            "label_columns": self.label_columns,
            "tz": self.tz,
            "channels": self.channels,
            **{name: getattr(self, name) for name in ("sep", "decimal", "thousands", "na", "encoding")},
            "time_format": self.time_format,
            "stamps": self.stamps,
            "calendar": self.calendar,
            "holidays": self.holidays or [],
            "recording": self.recording,
            "rate": self.rate,
        }


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """A fitted model, and the data to apply it to."""

    model: Model
    data: DataOptions
    config: Config = None
    device: Device = None

    def settings(self, levels: list[float] | None = None, **more: Any) -> CommandSettings:
        """Return the settings of the command.

        Args:
            levels: quantile levels, if the command has them.
            more: further options, by the names of their settings.

        Raises:
            ConfigError: a setting is wrong.
        """
        given = {"device": self.device, "levels": levels, **self.data.settings(), **more}
        return read_settings(self.config, given)


@dataclass(frozen=True, slots=True)
class ForecastOptions(ModelOptions):
    """A fitted model, data to forecast from, and what is known of the rows after their end."""

    future: Annotated[
        str | None,
        typer.Option(
            "--future",
            help="Table of labels and covariates of the rows after the end of DATA, by time or by time and series.",
            rich_help_panel=_DATA,
        ),
        Reads(),
    ] = None

    def settings(self, levels: list[float] | None = None, **more: Any) -> CommandSettings:
        """As in :class:`ModelOptions`."""
        return ModelOptions.settings(self, levels, future=self.future, **more)


@dataclass(frozen=True, slots=True)
class ForecastSpan:
    """From where to forecast."""

    start: Annotated[
        str | None,
        typer.Option("--start", help="Time of the first step of the first forecast, such as 2024-06-01T00:00."),
    ] = None
    stop: Annotated[
        str | None,
        typer.Option("--stop", help="Last time at which a forecast may start. Default: right after the data."),
    ] = None
    every: Annotated[int, typer.Option("--every", min=1, help="Rows from one forecast to the next.")] = 1
    own_origin: Annotated[
        bool | None,
        typer.Option(
            "--own-origin/--common-origin",
            help="Forecast each series from its own last value on, or all from the last row. Default: the former if "
            "the model forecasts each series on its own.",
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class FitOptions:
    """What to fit, and on which data."""

    data: DataOptions
    horizon: Annotated[int | None, typer.Option("--horizon", help="Number of steps to forecast.")] = None
    lookback: Annotated[
        int | None, typer.Option("--lookback", help="Number of steps in a window. Default: what suits the data.")
    ] = None
    factors: Annotated[
        list[str] | None,
        typer.Option(
            "--factor",
            help="Calendar factor: hour, half_hour, weekday, weekend, month, season or holiday:COUNTRY, each with "
            "@ZONE for another time zone than that of the data; or a label column: NAME, NAME:ordered, "
            "NAME:ordered:BINS or NAME:cyclic, and :per-series at the end if every series has its own labels "
            "(holiday:plain is a column called holiday). Repeat for several.",
        ),
    ] = None
    covariates: Annotated[
        list[str] | None,
        typer.Option(
            "--covariate",
            help="Column of numbers that helps to forecast, such as a temperature: NAME, NAME:unknown-ahead if no one "
            "knows it of the future, NAME:per-series if every series has its own, or NAME:per-series:unknown-ahead. "
            "Repeat for several.",
        ),
    ] = None
    series: Annotated[
        SeriesMode | None,
        typer.Option(
            "--series",
            help="Forecast all series together, from a window of all (joint), or each from its own past by one network "
            "for all (independent), also those that come later. Default: auto, independent if many start late or end "
            "early.",
        ),
    ] = None
    bounds: Annotated[
        str | None,
        typer.Option(
            "--bounds",
            help="What forecasts do not exceed: LOW,HIGH, each of which may be left out, as in 0, or none. Default: "
            "auto, 0 below for series that never were lower.",
        ),
    ] = None
    config: Config = None
    assign: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting, such as model.code.n_conditional=8. Repeat for several."),
        Reads(of_assignments),
    ] = None
    split: Annotated[
        str | None,
        typer.Option(
            "--split", help="Shares of the training, validation and test part, such as 3:1:1.", rich_help_panel=_RUN
        ),
    ] = None
    unlearnable: Annotated[
        Literal["plain", "drop"] | None,
        typer.Option(
            "--unlearnable",
            help="Series that do not vary, or have no value, in the training part: forecast them by the last values of "
            "the look-back (plain, the default), or leave them out (drop).",
            rich_help_panel=_RUN,
        ),
    ] = None
    group: Annotated[
        str | None,
        typer.Option(
            "--group", help="Label whose recordings of the same class stay in one part.", rich_help_panel=_RUN
        ),
    ] = None
    seed: Seed = None
    device: Device = None

    def settings(self, **more: Any) -> CommandSettings:
        """Return the settings of the command.

        Args:
            more: further options, by the names of their settings.

        Raises:
            ConfigError: a setting is wrong.
        """
        names = ("horizon", "lookback", "factors", "covariates", "series", "bounds", "split", "group", "seed", "device")
        given = {name: getattr(self, name) for name in names}
        given["training.unlearnable"] = self.unlearnable
        return read_settings(self.config, given | self.data.settings() | more, self.assign or ())


@dataclass(frozen=True, slots=True)
class CounterfactualOptions:
    """Options of the commands that compare two forecasts of the same windows."""

    at: At = None
    windows_out: Annotated[
        Path | None,
        typer.Option("--windows-out", help="Also write both reconstructions of the window to this table."),
        Writes(),
    ] = None
    labels: Labels = "known"
    levels: Levels = None
    figure: FigureOut = None
    raw: Raw = False
    as_json: Json = False
