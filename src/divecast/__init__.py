"""divecast: forecasts of many time series with an explanation inside."""

import os

# Before torch is loaded. Threads of GNU OpenMP wait for each other by spinning, by default for milliseconds, so that
# beside other programs a fit takes many times as long. A thousand turns lose nothing on a free machine (docs/faq.md).
if not {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"} & os.environ.keys():
    os.environ["GOMP_SPINCOUNT"] = "1000"

from divecast.config import (
    CodeConfig,
    DecoderConfig,
    EncoderConfig,
    LossConfig,
    ModelConfig,
    TrainingConfig,
)
from divecast.data import (
    BusinessDays,
    ByGroup,
    ByRecording,
    ByTime,
    Calendar,
    Covariate,
    Label,
    Panel,
    Recordings,
    datasets,
    open_store,
    store_from_parquet,
    write_store,
)
from divecast.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    DataWarning,
    DivecastError,
    NotFittedError,
    RankError,
)
from divecast.estimator import DeepDIVE
from divecast.persistence.version import __version__ as __version__
from divecast.selection import Between, backtest, search
from divecast.train.tools import autolog

__all__ = [
    "ArtifactError",
    "Between",
    "BusinessDays",
    "ByGroup",
    "ByRecording",
    "ByTime",
    "Calendar",
    "CodeConfig",
    "ConfigError",
    "Covariate",
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
    "RankError",
    "Recordings",
    "TrainingConfig",
    "autolog",
    "backtest",
    "datasets",
    "open_store",
    "search",
    "store_from_parquet",
    "write_store",
]
