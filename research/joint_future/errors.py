"""Standardised errors of a fitted model's forecasts, and what is known at their origin."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast import DeepDIVE
from divecast.inference import batches, complete

_DAY, _YEAR = 24, 8766
_STEPS = slice(None, None, 3)
Part = Literal["train", "valid", "test"]


@dataclass(frozen=True, eq=False, slots=True)
class Errors:
    """Errors of the windows of a part, of every origin.

    Attributes:
        z: (window, horizon, series) float32 errors in units of the forecast's scale, 0 where not known.
        unit: (window, horizon, series) float32 that scale, in the units of the data.
        known: (window, feature) float32 what is known at the origin.
        phase: (window,) hour of the day of the first step, up to a shift.
        row: (window,) of the first step.
    """

    z: Tensor
    unit: Tensor
    known: Tensor
    phase: NDArray[np.int64]
    row: NDArray[np.int64]

    @classmethod
    @torch.no_grad()
    def of(cls, model: DeepDIVE, data: Any, part: Part, every: int = 1) -> "Errors":
        """Forecast windows of a part, from every so many origins.

        The features are the code (a, and what the forecaster reads), the forecast of the panel's total, the errors of
        the forecasts from a day before, which are known by then, and where in the year it is.
        """
        fitted = model.fitted_model
        windows = fitted.windows(data, part, role="score")
        windows = windows.subset(slice(None, None, every))
        spread = torch.from_numpy(fitted.scale.spread)
        z, unit, code, total = [], [], [], []
        for batch in batches(fitted, windows):
            outputs = complete(fitted, batch, "known")
            forecast: Any = outputs.forecast
            z.append(((batch.y - forecast.loc) / forecast.scale).nan_to_num())
            unit.append(forecast.scale * spread)
            code.append(torch.cat([outputs.code.a, fitted.network.fuse_for_forecast(outputs.code)[0]], dim=1))
            total.append((forecast.loc * spread).sum(2)[:, _STEPS])
        errors, units = torch.cat(z), torch.cat(unit)
        of_panel = (errors * units).sum(2)[:, _STEPS]
        before = torch.cat([torch.zeros(_DAY // every, of_panel.shape[1]), of_panel[: -(_DAY // every)]])
        season = torch.from_numpy(2 * np.pi * windows.origins / _YEAR).float()
        known = [torch.cat(code), torch.cat(total), before, before.abs(), season.sin()[:, None], season.cos()[:, None]]
        return cls(errors, units, torch.cat(known, dim=1), windows.origins % _DAY, windows.origins)
