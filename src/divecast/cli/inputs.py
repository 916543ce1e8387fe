"""Models and data named on the command line."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from divecast.cli.options import ModelOptions
from divecast.cli.settings import CommandSettings
from divecast.data import Factor, Panel, Recordings, read_source
from divecast.errors import ArtifactError, DataError
from divecast.estimator import DeepDIVE


def read_data(
    name: str, settings: CommandSettings, factors: Sequence[Factor], *, absent_labels: bool = False
) -> Panel | Recordings:
    """Read a file, a store or a shipped data set, with the selected channels.

    Args:
        name: a path, or the name of a shipped data set.
        settings: how to read it.
        factors: factors of the model; some are label columns.
        absent_labels: whether these columns may be absent.

    Raises:
        DataError: the data do not exist, cannot be read with these settings, or lack a column of a factor.
    """
    try:
        return read_source(
            name,
            factors=factors,
            absent_labels=absent_labels,
            labels=settings.label_columns,
            time=settings.time,
            tz=settings.tz,
            recording=settings.recording,
            rate=settings.rate,
            channels=settings.channels,
        )
    except (OSError, UnicodeError) as error:  # what the readers let through
        raise DataError(f"{name} cannot be read ({error})", hint="Save it again, text as UTF-8") from error


def load_model(path: Path, settings: CommandSettings) -> DeepDIVE:
    """Load a model.

    Raises:
        ArtifactError: the file does not exist or is not a complete model.
        ConfigError: the device does not exist.
    """
    if path.is_dir():
        raise ArtifactError(f"{path} is a folder, not a model file")
    return DeepDIVE.load(path, settings.device)


def load_with_data(
    inputs: ModelOptions, settings: CommandSettings | None = None
) -> tuple[DeepDIVE, Panel | Recordings]:
    """Load a model, and read data as they were read for the fit.

    Args:
        inputs: which model and data.
        settings: settings of the command; by default those of ``inputs`` alone.

    Raises:
        DataError: the data cannot be used.
        ArtifactError: the model cannot be read.
        ConfigError: a setting is wrong, or the device does not exist.
    """
    settings = settings or inputs.settings()
    model = load_model(inputs.model, settings)
    return model, data_for(model, inputs.data.path, settings)


def data_for(model: DeepDIVE, data: str, settings: CommandSettings) -> Panel | Recordings:
    """Read data as they were read for the fit of a model: in its time zone, with its label columns if there are any.

    Raises:
        DataError: the data cannot be used.
    """
    of_fit = replace(settings, tz=settings.tz or model.fitted_model.provenance.time_zone)
    return read_data(data, of_fit, model.plan.factors, absent_labels=True)
