"""Results of a fitted model: each has ``frame()``, a table, and ``plot()``, a figure."""

from divecast.inference.results.codes import Codes
from divecast.inference.results.columns import Columns, Floats, merged
from divecast.inference.results.ensemble import Ensemble
from divecast.inference.results.forecast import Forecast
from divecast.inference.results.keys import Keys
from divecast.inference.results.labels import Labels
from divecast.inference.results.parts import ForecastParts
from divecast.inference.results.reconstruction import Reconstruction
from divecast.inference.results.samples import Samples

__all__ = [
    "Codes",
    "Columns",
    "Ensemble",
    "Floats",
    "Forecast",
    "ForecastParts",
    "Keys",
    "Labels",
    "Reconstruction",
    "Samples",
    "merged",
]
