"""Neural rivals: models of neuralforecast, trained and run on windows by their own forward pass."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from neuralforecast import losses, models
from numpy.typing import NDArray
from torch import Tensor

from research.race.contract import LEVELS, Forecasts, Known, Origins
from research.race.entries.neural_recipes import Recipe, recipe_of
from research.race.entries.neural_training import Trained, train
from research.race.entries.neural_windows import Feed
from research.race.heats import Floats, Heat
from research.race.windows import features, moments

_WINDOWS_AT_ONCE = 4096  # of one series; about 40 of 100 series


@dataclass(frozen=True, eq=False, slots=True)
class FittedNeural:
    """A trained model with what it needs to read windows."""

    model: Any
    recipe: Recipe
    trained: Trained
    feed: Feed
    mean: NDArray[np.float32]
    spread: NDArray[np.float32]

    @property
    def weights(self) -> int:
        """Parameters."""
        return sum(part.numel() for part in self.model.parameters() if part.requires_grad)

    @property
    def settings(self) -> dict[str, Any]:
        """The recipe, the lookback and the steps taken."""
        return asdict(self.recipe) | asdict(self.trained) | {"lookback": self.feed.lookback}

    @torch.no_grad()
    def roll(self, rows: Floats, origins: Origins, levels: tuple[float, ...]) -> Forecasts:
        """Forecast in batches."""
        first = int(origins[0]) - self.feed.lookback
        scaled = torch.from_numpy((rows[first : origins[-1]] - self.mean) / self.spread)
        feed = replace(self.feed, values=scaled, known=self.feed.known[first:])
        size = max(1, _WINDOWS_AT_ONCE // len(self.mean))
        found = torch.cat([self._points(feed, part) for part in torch.from_numpy(origins - first).split(size)], dim=1)
        scale, shift = torch.from_numpy(self.spread), torch.from_numpy(self.mean)
        values = (found * scale + shift).numpy()
        if len(values) == 1:
            return Forecasts(values[0])
        return Forecasts(values.mean(axis=0), values[[LEVELS.index(level) for level in levels]])

    def _points(self, feed: Feed, origins: Tensor) -> Tensor:
        """Return (level, origin, horizon, series); one level of a model without a distribution."""
        n_series = len(self.mean)
        pairs = torch.cartesian_prod(origins, torch.arange(1 if feed.mixes else n_series)).reshape(-1, 2)
        found = self.model.loss.domain_map(self.model(feed.inputs(pairs[:, 0], pairs[:, 1])))
        if found.ndim == 3:
            found = found.unsqueeze(3)
        if not feed.mixes:  # (origin x series, horizon, 1, level)
            found = found.reshape(len(origins), n_series, feed.horizon, -1).transpose(1, 2)
        return found.movedim(3, 0)


@dataclass(frozen=True, slots=True)
class Neural:
    """An entry by the name of its recipe."""

    name: str

    def fit(self, heat: Heat, past: Floats, known: Known) -> FittedNeural:
        """Build and train."""
        recipe = recipe_of(self.name, heat)
        mean, spread = moments(heat, past)
        told = features(heat, known) if recipe.calendar else np.empty((len(known.calendar), 0), np.float32)
        lookback = heat.lookback if heat.starts else min(heat.lookback, recipe.lookback)
        model = build(recipe, heat, lookback, told.shape[1])
        scaled = torch.from_numpy((past - mean) / spread)
        feed = Feed(scaled, torch.from_numpy(told), lookback, heat.horizon, model.MULTIVARIATE)
        trained = train(model, feed, recipe, heat)
        model.eval()
        return FittedNeural(model, recipe, trained, feed, mean, spread)


def enter(name: str) -> Neural:
    """Return the entry of a name of ``RECIPES``, with or without a variant behind a dash."""
    return Neural(name)


def build(recipe: Recipe, heat: Heat, lookback: int, n_known: int, **trainer: Any) -> Any:
    """Return the model, not yet trained."""
    torch.manual_seed(heat.seed)
    kind = getattr(models, recipe.model)
    arguments: dict[str, Any] = dict(recipe.arguments) | trainer
    if kind.MULTIVARIATE:
        arguments["n_series"] = len(heat.channels)
    if n_known:
        arguments["futr_exog_list"] = [f"known{at}" for at in range(n_known)]
    module = losses.pytorch
    loss = {"mse": module.MSE, "mae": module.MAE, "quantiles": _quantile_loss}[recipe.loss]()
    return kind(h=heat.horizon, input_size=lookback, loss=loss, random_seed=heat.seed + 1, **arguments)


def _quantile_loss() -> Any:
    return losses.pytorch.MQLoss(quantiles=list(LEVELS))
