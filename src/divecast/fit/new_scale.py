"""What validation has fitted of a forecaster in scaled units, when the scale changes."""

import numpy as np
import torch

from divecast.data import Scale
from divecast.data.windows.own_scale import OwnScale
from divecast.model.forecaster import Forecaster
from divecast.model.recalibration import rising


@torch.no_grad()
def to_new_scale(forecaster: Forecaster, old: Scale, new: Scale) -> None:
    """Bring shifts and levels of the recalibration, and usual departures, to a new scale, in place.

    Windows that have their own scales keep them.
    """
    if isinstance(new, OwnScale):
        return
    of_channel = old.spread / new.spread, (old.center - new.center) / new.spread
    recalibration, usual = forecaster.recalibration, forecaster.departures.usual
    ratio = torch.from_numpy(np.nan_to_num(of_channel[0], nan=1.0)).to(usual)  # of series that have no scale
    shift = torch.from_numpy(np.nan_to_num(of_channel[1])).to(usual)
    recalibration.knots.copy_(rising(recalibration.knots * ratio + shift))
    recalibration.shift.mul_(ratio)
    usual.mul_(ratio)
