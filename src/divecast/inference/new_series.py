"""Forecasts of series that a model of joint series did not see: the mean of the linear maps of those that it knows.

A series has the scale of its values before the forecast origin, the mean effects of its rows, and the mean map of its
window; the network, which reads all series of the fit, adds nothing. Its intervals are as wide as those of the known
series are on average. Where its values do not vary, the plain rule forecasts it.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from statistics import NormalDist

import numpy as np
import torch

from divecast._text import plural
from divecast.data import Panel, Scale, Windows, n_future
from divecast.data.names import listed
from divecast.data.time.phase import phases
from divecast.data.windows.own_scale import OwnScale, PastMoments
from divecast.data.windows.window_batch import cut
from divecast.effects import Effects, RowEffects, facts_of, for_series
from divecast.errors import warn_data
from divecast.inference.dependence import Dependence, PathDraws
from divecast.inference.fitted_model import FittedModel
from divecast.inference.margins import Margins, drawn_paths
from divecast.inference.plain_rule import plain_forecast
from divecast.inference.results import Floats, Forecast
from divecast.model.forecaster import LinearPath, Past
from divecast.model.linear.label_covariates import label_covariates, one_hots


@dataclass(frozen=True)
class NewSeries:
    """Series that a model of joint series did not see.

    Attributes:
        fitted: the model.
        panel: the series, with the rows and known columns of the others.
    """

    fitted: FittedModel
    panel: Panel

    def warn(self) -> None:
        """Name the series in a DataWarning."""
        warn_data(
            f"{plural(len(self.panel.channels), 'series')} are new to the model, and forecast by the mean of its "
            f"linear maps alone: {listed(self.panel.channels)}",
            hint='Fit a model with {series} "independent" to forecast series that it did not see',
        )

    def beside(self, forecast: Forecast, windows: Windows) -> Forecast:
        """Return a forecast of windows with those of the new series beside it."""
        levels = forecast.levels
        own = self._windows_like(windows)
        scale, (loc, spread) = own.own_scale(), self._scaled(own)
        center, unit = scale.center[:, None], scale.spread[:, None]
        counts = self.fitted.counts.of_new(len(self.panel.channels))
        powers = None if scale.powers is None else scale.powers[:, None]
        units = Scale(center, unit, powers=powers)
        margins = Margins.scaled(
            units, torch.from_numpy(loc), torch.from_numpy(spread), self.fitted.calibration, counts
        )
        mean, quantiles = margins.mean, margins.values(self.fitted.calibration.at(levels).numpy()[:, None, :, None])
        draws = PathDraws(self._dependence, self.fitted.calibration, len(forecast.paths), self._seed)
        paths = drawn_paths(draws, own.origins, phases(self.panel.clock, own.origins), margins)
        bounds = self.fitted.bounds.of_new(len(self.panel.channels))
        mean, quantiles, paths = (bounds.clip(each) for each in (mean, quantiles, paths))
        self._put_plain(own, np.isnan(scale.center), mean, quantiles, levels)
        joined = [
            np.concatenate([known, new.astype(np.float32)], axis=-1)
            for known, new in ((forecast.mean, mean), (forecast.quantiles, quantiles), (forecast.paths, paths))
        ]
        channels = (*forecast.channels, *self.panel.channels)
        return Forecast(forecast.keys, channels, joined[0], levels, joined[1], joined[2])

    def _windows_like(self, windows: Windows) -> Windows:
        nan = np.full((1, len(self.panel.channels)), np.nan, dtype=np.float32)
        known, powers = self.fitted.scale.powers, None
        if known is not None and (usual := known.usual()).changed.any():
            powers = usual[np.zeros((1, len(self.panel.channels)), np.int64)]
        scale = OwnScale(nan, nan, PastMoments(self.panel, powers), powers=powers)
        return replace(windows, source=self.panel, scale=scale, effects=self._effects)

    @property
    def _seed(self) -> int:
        return self.fitted.provenance.plan.seed

    @cached_property
    def _dependence(self) -> Dependence:
        """That of the known series, each new one in the place of one that is drawn."""
        known, learned = self.fitted.dependence, np.flatnonzero(self.fitted.scale.learned)
        drawn = np.random.default_rng(self._seed).choice(learned, len(self.panel.channels))
        return replace(known, errors=known.errors[:, :, torch.from_numpy(drawn)])

    @cached_property
    def _effects(self) -> RowEffects | None:
        fitted, effects = self.fitted, self.fitted.effects
        if effects is None:
            return None
        plan, n_new = fitted.provenance.plan, len(self.panel.channels)

        def mean(values: Floats, axis: int) -> Floats:
            return np.repeat(values.mean(axis, keepdims=True), n_new, axis)

        facts = facts_of(self.panel, plan.factors, fitted.known_vocabularies, plan.covariates, plan.horizon)
        past = np.arange(len(self.panel.values) - n_future(self.panel))
        shared = Effects(
            replace(effects.design, basis=for_series(effects.basis, facts, past)),
            mean(effects.weight, 1),
            mean(effects.own_weight, 0),
            mean(effects.spread, 1),
            mean(effects.name_spread, 1),
            effects.root,
            mean(effects.noise, 0),
        )
        return RowEffects(shared, facts, fitted.shape)

    @cached_property
    def _linear(self) -> LinearPath:
        known, n_new = self.fitted.network.forecaster.linear, len(self.panel.channels)
        learned = torch.from_numpy(self.fitted.scale.learned)
        n_inputs, horizon = known.weight.shape[1:]
        lookback, n_families = known.carry.shape[2], len(known.carry)
        path = LinearPath(lookback, n_inputs - lookback, horizon, n_new, n_families)
        path.weight.copy_(known.weight.cpu()[learned].mean(0).expand_as(path.weight))
        path.carry.copy_(known.carry.cpu()[:, learned].mean(1, keepdim=True).expand_as(path.carry))
        path.share.copy_(known.share.cpu()[:, learned].mean(1, keepdim=True).expand_as(path.share))
        return path

    @torch.inference_mode()
    def _scaled(self, windows: Windows) -> tuple[Floats, Floats]:
        """Return mean and scale of the forecasts, (window, horizon, series), scaled units."""
        forecaster, batch = self.fitted.network.forecaster, windows.batch(np.arange(len(windows)))
        known = one_hots(batch.labels[:, : len(forecaster.n_classes)], forecaster.n_classes)
        covariates = label_covariates(known, forecaster.pairs, batch.x)
        mean = self._linear(Past.of(batch.x, batch.effects, forecaster.season), covariates).transpose(1, 2)
        learned = torch.from_numpy(self.fitted.scale.learned)
        scale = forecaster.likelihood.log_scale.cpu()[:, learned].mean(1, keepdim=True).exp().expand_as(mean)
        doubt = None if batch.effects is None else batch.effects.doubt
        wide = scale if doubt is None else (scale.square() + doubt.square()).sqrt()
        return mean.numpy(), wide.numpy()

    def _put_plain(
        self,
        windows: Windows,
        flat: np.ndarray[tuple[int, int], np.dtype[np.bool_]],
        mean: Floats,
        quantiles: Floats,
        levels: tuple[float, ...],
    ) -> None:
        """Put the plain forecasts where a series does not vary, (window, series), in place."""
        if not flat.any():
            return
        lookback, horizon = self.fitted.shape.lookback, self.fitted.shape.horizon
        past = cut(self.panel.values, windows.origins - lookback, lookback).astype(np.float64)
        found, deviation = (
            each.swapaxes(1, 2) for each in plain_forecast(past, horizon, self.fitted.dimensions.season)
        )
        chosen = np.broadcast_to(flat[:, None], mean.shape)
        mean[chosen] = found[chosen]
        for level, quantile in zip(levels, quantiles, strict=True):
            quantile[chosen] = (found + deviation * NormalDist().inv_cdf(level))[chosen]
