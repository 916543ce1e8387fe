"""Training a model of neuralforecast on windows, for as long as the track says.

neuralforecast's own loop copies every window of the training part at each step of a model of one series (1.3 GB for 32
series of the EIA panel), which takes several times as long as the step itself; a model of all series loses little. This
loop draws the same windows, with the model's own forward pass and loss; ``tsmixer-public`` is fitted by the other.
"""

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from research.race.entries.neural_progress import Keeper, Progress
from research.race.entries.neural_recipes import Recipe
from research.race.entries.neural_windows import Feed
from research.race.heats import Heat

_WARM_UP, _CHECKS = 12, 12
_WINDOWS_AT_ONCE = 2048  # of one series


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training went.

    Attributes:
        steps: taken.
        published: steps that the recipe asks for.
        patience_ended: whether it ended by the recipe's patience.
        best: validation loss of the weights that were kept.
        earlier_seconds: of runs that were stopped before this one.
        earlier_core_seconds: the same of the processor.
    """

    steps: int
    published: int
    patience_ended: bool
    best: float
    earlier_seconds: float
    earlier_core_seconds: float


def train(model: Any, feed: Feed, recipe: Recipe, heat: Heat) -> Trained:
    """Train in place, and leave the weights of the best validation loss."""
    torch.manual_seed(heat.seed)
    draw = Draws.of(feed, recipe, heat)
    a_pass = math.ceil(len(draw.origins) * (1 if feed.mixes else draw.n_series) / recipe.batch)
    published = recipe.steps or recipe.passes * a_pass
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe.rate)
    path = Path(heat.unfinished) if heat.unfinished else None
    keeper = Keeper(path, f"{recipe} of {replace(heat, unfinished='')}", model, optimiser, draw.generator)
    progress = keeper.read()
    if progress is None:
        seconds = _time_steps(model, feed, optimiser, draw)
        progress = Progress(planned(published, seconds, heat), math.ceil(heat.least_seconds / seconds), _WARM_UP)
    model.train()
    steps = progress.steps
    every = a_pass if recipe.patience else max(1, steps // _CHECKS)
    while progress.step < steps and not progress.ended(recipe.patience):
        for group in optimiser.param_groups:
            group["lr"] = recipe.rate * decay(recipe, progress.step / steps)
        _step(model, feed, optimiser, draw())
        progress.step += 1
        if progress.step % every == 0 or progress.step == steps:
            progress.take(validate(model, feed, heat), model)
        keeper.write(progress)
    if progress.kept is not None:
        model.load_state_dict(progress.kept)
    ended = progress.ended(recipe.patience)
    return Trained(progress.step, published, ended, progress.best, progress.wall, progress.core)


def planned(published: int, seconds: float, heat: Heat) -> int:
    """Return the steps to take: those published, within the time a fit should and may take."""
    least, most = math.ceil(heat.least_seconds / seconds), math.floor(heat.most_seconds / seconds)
    return max(_WARM_UP + 1, min(max(published, least), most))


def decay(recipe: Recipe, share: float) -> float:
    """Return the factor of the rate when ``share`` of the steps is over."""
    if recipe.decay == "halve":
        return 0.5 ** math.floor(share * (recipe.halvings + 1))
    return 0.5 * (1 + math.cos(math.pi * share)) if recipe.decay == "cosine" else 1.0


@torch.no_grad()
def validate(model: Any, feed: Feed, heat: Heat) -> float:
    """Return the mean loss over windows of the validation part."""
    model.eval()
    n_series = feed.values.shape[1]
    origins = torch.from_numpy(heat.valid_origins)
    pairs = torch.cartesian_prod(origins, torch.arange(1 if feed.mixes else n_series))
    total = 0.0
    for part in pairs.split(32 if feed.mixes else _WINDOWS_AT_ONCE):
        total += float(_loss(model, feed, part[:, 0], part[:, 1])) * len(part)
    model.train()
    return total / len(pairs)


@dataclass(frozen=True, slots=True)
class Draws:
    """Draws windows whose past and future lie in the training part.

    Attributes:
        origins: (window,) origins to draw from.
        n_series: number of series to draw from.
        batch: windows to draw.
        generator: of the draws.
    """

    origins: Tensor
    n_series: int
    batch: int
    generator: torch.Generator

    @classmethod
    def of(cls, feed: Feed, recipe: Recipe, heat: Heat) -> "Draws":
        """Return the draws of a fit."""
        origins = torch.from_numpy(heat.train_origins(feed.lookback))
        return cls(origins, feed.values.shape[1], recipe.batch, torch.Generator().manual_seed(heat.seed))

    def __call__(self) -> tuple[Tensor, Tensor]:
        """Return origins and series, (batch,) each."""
        places = torch.randint(len(self.origins), (self.batch,), generator=self.generator)
        return self.origins[places], torch.randint(self.n_series, (self.batch,), generator=self.generator)


def _time_steps(model: Any, feed: Feed, optimiser: Any, draw: Draws) -> float:
    """Take the first steps and return the CPU seconds of one; the very first ones are slower."""
    model.train()
    for _ in range(_WARM_UP // 3):
        _step(model, feed, optimiser, draw())
    began = time.process_time()
    for _ in range(_WARM_UP - _WARM_UP // 3):
        _step(model, feed, optimiser, draw())
    return max(1e-5, (time.process_time() - began) / (_WARM_UP - _WARM_UP // 3))


def _step(model: Any, feed: Feed, optimiser: Any, windows: tuple[Tensor, Tensor]) -> None:
    optimiser.zero_grad()
    _loss(model, feed, *windows).backward()
    optimiser.step()


def _loss(model: Any, feed: Feed, origins: Tensor, series: Tensor) -> Tensor:
    inputs, y = feed.inputs(origins, series), feed.targets(origins, series)
    found = model.loss.domain_map(model(inputs))
    loss: Tensor = model.loss(y=y, y_hat=found, y_insample=inputs["insample_y"], mask=torch.ones_like(y))
    return loss
