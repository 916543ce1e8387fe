"""divecast: forecasts of many time series with an explanation inside."""

from divecast.config import (
    CodeConfig,
    DecoderConfig,
    EncoderConfig,
    LossConfig,
    ModelConfig,
    TrainingConfig,
)
from divecast.data import (
    ByGroup,
    ByRecording,
    ByTime,
    Calendar,
    Label,
    Panel,
    Recordings,
    datasets,
    open_store,
    store_from_parquet,
    write_store,
)
from divecast.errors import ArtifactError, ConfigError, DataError, DataWarning, DivecastError, NotFittedError
from divecast.estimator import DeepDIVE

__version__ = "0.1.0"

__all__ = [
    "ArtifactError",
    "ByGroup",
    "ByRecording",
    "ByTime",
    "Calendar",
    "CodeConfig",
    "ConfigError",
    "DataError",
    "DataWarning",
    "DecoderConfig",
    "DeepDIVE",
    "DivecastError",
    "EncoderConfig",
    "Label",
    "LossConfig",
    "ModelConfig",
    "NotFittedError",
    "Panel",
    "Recordings",
    "TrainingConfig",
    "datasets",
    "open_store",
    "store_from_parquet",
    "write_store",
]
