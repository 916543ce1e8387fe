"""TSMixer all through neuralforecast's public calls, as a user would: fit, then cross_validation without refitting."""

import logging
import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from neuralforecast import NeuralForecast
from numpy.typing import NDArray

from research.race.contract import Forecasts, Known, Origins
from research.race.entries.neural import build
from research.race.entries.neural_recipes import Recipe, recipe_of
from research.race.heats import Floats, Heat
from research.race.windows import moments

_QUIET = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False}


@dataclass(frozen=True, eq=False, slots=True)
class FittedPublic:
    """A fitted NeuralForecast."""

    forecast: NeuralForecast
    recipe: Recipe
    heat: Heat
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @property
    def weights(self) -> int:
        """Parameters."""
        return sum(part.numel() for part in self.forecast.models[0].parameters() if part.requires_grad)

    @property
    def settings(self) -> dict[str, Any]:
        """The recipe and the steps."""
        steps = self.forecast.models[0].max_steps
        return asdict(self.recipe) | {"steps": steps, "published": steps, "lookback": self.heat.lookback}

    def roll(self, rows: Floats, origins: Origins, levels: tuple[float, ...]) -> Forecasts:
        """Forecast by cross_validation; rows after the last origin, which it asks for, are made up."""
        del levels
        first, last = int(origins[0]), int(origins[-1])
        seen = (rows[first - self.heat.lookback : last] - self.mean) / self.spread
        seen = np.concatenate([seen, np.repeat(seen[-1:], self.heat.horizon, axis=0)])
        every = int(origins[1] - origins[0]) if len(origins) > 1 else 1
        table = self.forecast.cross_validation(_long(seen), n_windows=len(origins), step_size=every, use_fitted=True)
        found = table["TSMixer"].to_numpy(np.float32)
        found = found.reshape(len(self.mean), len(origins), self.heat.horizon).transpose(1, 2, 0)
        return Forecasts(found * self.spread + self.mean)


@dataclass(frozen=True, slots=True)
class Public:
    """The entry."""

    def fit(self, heat: Heat, past: Floats, known: Known) -> FittedPublic:
        """Fit for the default number of steps of neuralforecast."""
        del known
        logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
        warnings.filterwarnings("ignore")
        recipe = recipe_of("tsmixer", heat)
        mean, spread = moments(heat, past)
        quick = heat.most_seconds <= 10
        steps = {"max_steps": 5} if quick else {}
        model = build(recipe, heat, heat.lookback, 0, learning_rate=recipe.rate, **_QUIET, **steps)
        forecast = NeuralForecast([model], freq=1)
        forecast.fit(_long((past - mean) / spread), val_size=heat.n_valid)
        return FittedPublic(forecast, recipe, heat, mean, spread)


def enter(name: str) -> Public:
    """Return the one entry there is."""
    del name
    return Public()


def _long(values: Floats) -> pd.DataFrame:
    """Return unique_id, ds, y; the series in the order of the channels, which a sort by name must not change."""
    n_rows, n_series = values.shape
    names = np.repeat([f"{at:05}" for at in range(n_series)], n_rows)
    return pd.DataFrame({"unique_id": names, "ds": np.tile(np.arange(n_rows), n_series), "y": values.T.reshape(-1)})
