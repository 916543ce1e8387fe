"""A saved model together with the data to use it on."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from divecast.cli.inputs import read_data
from divecast.cli.settings import Settings
from divecast.errors import ArtifactError
from divecast.estimator import DeepDIVE

if TYPE_CHECKING:
    from divecast.data import Panel, Recordings


def load_model(path: Path, settings: Settings) -> DeepDIVE:
    """Load a model.

    Raises:
        ArtifactError: There is no such file, or it is no whole model.
        ConfigError: There is no such device.
    """
    if path.is_dir():
        raise ArtifactError(f"expected the file of a model, {path} is a folder")
    return DeepDIVE.load(path, settings.device)


def load_with_data(model: Path, data: str, settings: Settings) -> tuple[DeepDIVE, "Panel | Recordings"]:
    """Load a model, and data read as they were for the fit: in its time zone, with its label columns if there.

    Raises:
        DataError: The data cannot be used.
        ArtifactError: The model cannot be read.
        ConfigError: There is no such device or data set.
    """
    fitted = load_model(model, settings)
    return fitted, data_for(fitted, data, settings)


def data_for(fitted: DeepDIVE, data: str, settings: Settings) -> "Panel | Recordings":
    """Read data as they were for the fit of a model.

    Raises:
        DataError: The data cannot be used.
        ConfigError: There is no such data set.
    """
    about = fitted.info()
    of_fit = replace(settings, tz=settings.tz or about.get("tz"))
    return read_data(data, of_fit, optional_labels=list(about["factors"]))
