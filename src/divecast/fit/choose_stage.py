"""What the linear path decides by the validation part: the scale, and which columns with gaps have effects."""

import warnings
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.config import ScaleKind
from divecast.data import Parts, Scale, Source, Windows
from divecast.data.names import listed
from divecast.errors import DataWarning, warn_data
from divecast.fit.recalibrate import window_folds
from divecast.fit.stage import Stage
from divecast.inference.calibration import Calibration
from divecast.inference.counts import Counts
from divecast.inference.evaluation import LinearPathAlone
from divecast.inference.margins import Margins
from divecast.inference.provenance import FitPlan
from divecast.metrics.forecast import pinball
from divecast.train.distributed.ranks import Ranks

_MOST_VALUES = 1_000_000  # more would not change the choice
_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def staged(source: Source, plan: FitPlan, parts: Parts, ranks: Ranks) -> Stage:
    """Return ``Stage.of``, arguments as there; of what is open, that of the lower loss.

    Open is the scale where it is "auto", whose name the plan then has; and whether labels and covariates that training
    rows lack have effects, see ``divecast.fit.gaps``.
    """
    auto = plan.model.scale == "auto"
    stage = Stage.of(source, _with_scale(plan, "standard") if auto else plan, parts, ranks)
    if not (auto or stage.gaps):
        return stage
    n = len(stage.valid)
    per_window = plan.horizon * len(stage.source.channels)
    some = np.linspace(0, n - 1, max(1, min(n, _MOST_VALUES // per_window))).astype(np.int64)
    unit = _by_window(stage.valid.subset(some)).unit

    def loss(of: Stage) -> float:
        # Rank 0 alone has solved the linear path, and all ranks must choose the same.
        return ranks.once(lambda: _loss(of, of.valid.subset(some), unit))

    least = loss(stage)
    gaps = stage.gaps
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # said already
        if auto:
            power = Stage.of(source, _with_scale(plan, "power"), parts, ranks)
            if power.scale.powers is not None and (of_power := loss(power)) < least:
                stage, least = power, of_power
        for name in sorted(gaps, key=lambda name: -gaps[name].least_gain):  # what misleads the most comes first
            other = Stage.of(source, stage.plan, parts, ranks, without=(*stage.without, name))
            if (of_other := loss(other)) * (1.0 - gaps[name].least_gain) < least:
                stage, least = other, of_other
    if stage.without:
        shares = [f"{name} ({gap.share:.0%})" for name, gap in gaps.items() if name in stage.without]
        warn_data(
            f"These have no effect on rows, as training rows lack them, and the validation part does not show that it "
            f"gains enough: {listed(shares)}",
            hint="Fill the gaps: an empty cell is unknown, not none",
        )
    return stage


def _with_scale(plan: FitPlan, kind: ScaleKind) -> FitPlan:
    return replace(plan, model=replace(plan.model, scale=kind))


def _by_window(windows: Windows) -> Scale:
    """Return the scale of windows, which broadcasts with (window, step, channel)."""
    scale = windows.own_scale()
    if scale.center.ndim == 1:
        return scale
    powers = None if scale.powers is None else scale.powers[:, None]
    return Scale(scale.center[:, None], scale.spread[:, None], powers=powers)


@torch.no_grad()
def _loss(stage: Stage, windows: Windows, unit: NDArray[np.float32]) -> float:
    """Return the mean pinball loss of the linear path's quantiles, which are those of errors in other blocks."""
    forecaster = stage.network.forecaster
    path, batch = LinearPathAlone("linear path", forecaster), windows.batch(np.arange(len(windows)))
    location = path.forecast(batch)
    scale = forecaster.likelihood.log_scale.exp().expand_as(location)
    residuals = (batch.y - location) / scale
    truth = _by_window(windows).invert(batch.y.numpy())
    levels = np.array(_LEVELS, np.float32)[:, None, None, None]
    fold, losses = window_folds(len(windows)), []
    for number in fold.unique().tolist():
        inside = fold == number
        others = residuals[~inside] if bool((~inside).any()) else residuals
        places = torch.nonzero(inside)[:, 0].numpy()
        calibration = Calibration.of(others)
        units = _by_window(windows.subset(places))
        margins = Margins.scaled(
            units, location[inside], scale[inside], calibration, Counts.none(len(stage.source.channels))
        )
        quantiles = margins.values(calibration.at(_LEVELS).numpy()[:, None, :, None])
        of_windows = unit if unit.ndim == 1 else unit[places]
        losses.append(pinball(truth[places], quantiles, levels) / of_windows)
    return float(np.nanmean(np.concatenate([each.ravel() for each in losses])))
