"""A saved model, and the data to apply it to."""

from dataclasses import replace
from pathlib import Path

from divecast.cli.inputs import read_data
from divecast.cli.options import ModelOptions
from divecast.cli.settings import CommandSettings
from divecast.data import Panel, Recordings
from divecast.errors import ArtifactError
from divecast.estimator import DeepDIVE


def load_model(path: Path, settings: CommandSettings) -> DeepDIVE:
    """Load a model.

    Raises:
        ArtifactError: The file does not exist or is not a complete model.
        ConfigError: The device does not exist.
    """
    if path.is_dir():
        raise ArtifactError(f"{path} is a folder, not a model file")
    return DeepDIVE.load(path, settings.device)


def load_with_data(
    inputs: ModelOptions, settings: CommandSettings | None = None
) -> tuple[DeepDIVE, Panel | Recordings]:
    """Load a model, and read data as they were read for the fit.

    Args:
        inputs: Which model and data.
        settings: Settings of the command; by default those of ``inputs`` alone.

    Raises:
        DataError: The data cannot be used.
        ArtifactError: The model cannot be read.
        ConfigError: A setting is wrong, or the device does not exist.
    """
    settings = settings or inputs.settings()
    model = load_model(inputs.model, settings)
    return model, data_for(model, inputs.data.path, settings)


def data_for(model: DeepDIVE, data: str, settings: CommandSettings) -> Panel | Recordings:
    """Read data as they were read for the fit of a model: in its time zone, with its label columns if there are any.

    Raises:
        DataError: The data cannot be used.
    """
    fitted = model.fitted_model
    of_fit = replace(settings, tz=settings.tz or fitted.provenance.time_zone)
    return read_data(data, of_fit, optional_labels=fitted.factor_names)
