"""p(y|a,b,x): a closed-form linear path per channel, plus a correction by a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from divecast.config import DecoderConfig
from divecast.model.blocks import Residual
from divecast.model.channel_mixing import ChannelMixing
from divecast.model.departures import Departures
from divecast.model.distribution import LocationScale
from divecast.model.draws import in_pieces
from divecast.model.likelihood import ScaledLikelihood
from divecast.model.linear.filled import fill_window
from divecast.model.linear.label_covariates import Pairs, label_covariates, n_label_covariates
from divecast.model.linear.ridge import RidgeWeights
from divecast.model.nearest_cycles import CycleReader
from divecast.model.precision import full_precision
from divecast.model.recalibration import Recalibration
from divecast.types import WindowEffects

_MOST_SPREAD = 3.0  # maximum change of a window's log scale
_LEAST_UNIT = 0.1  # scaled units; avoids scaling nearly flat windows up to noise
_LEAST_POWER = 1e-12  # keeps the gradient of the square root finite on a flat window
_SHORTEST_WINDOW = 10  # of which cycles are told
_ROWS_IN_CACHE = 2048  # windows x channels whose features fit into the cache of a core


EffectsUse = Literal["none", "calendar", "told"]


@dataclass(frozen=True, slots=True)
class Family:
    """A family of linear maps of the window.

    Attributes:
        name: what its maps act on.
        calendar: whether the effects of the calendar are taken off the window, and added to the target rows.
        labels: whether the maps also read the labels of the window; those that know the whole calendar need not.
    """

    name: str
    calendar: bool
    labels: bool


_VALUES = Family("values", calendar=False, labels=True)
_FROM_ALL = Family("residuals from all effects", calendar=True, labels=False)
_FROM_TOLD = Family("residuals from what is told", calendar=False, labels=True)
FAMILIES: dict[EffectsUse, tuple[Family, ...]] = {
    "none": (_VALUES,),
    "calendar": (_VALUES, _FROM_ALL),
    "told": (_VALUES, _FROM_ALL, _FROM_TOLD),
}
"""Families by the effects that there are; those of residuals in the order of ``WindowEffects.families``."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a forecaster is told beside the window and its code.

    Attributes:
        effects: whether windows have effects, of which the network reads those of the target rows that are not of the
            calendar.
        n_columns: number of columns of the target rows that it reads as they are.
        n_static: number of features of a series that do not change.
        n_phases: phases of a target row; see ``Recalibration``.
        cycles: whether it reads what followed the earlier places of the window that its last rows look most alike.
    """

    effects: EffectsUse = "none"
    n_columns: int = 0
    n_static: int = 0
    n_phases: int = 1
    cycles: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """What the linear path reads, without missing values.

    Attributes:
        window: (batch, channel, time).
        residuals: (batch, channel, time) the window minus effects of its rows, of each family of effects.
        ahead: (batch, channel, horizon) effects of the target rows, of each family.
    """

    window: Tensor
    residuals: tuple[Tensor, ...] = ()
    ahead: tuple[Tensor, ...] = ()

    @classmethod
    def of(cls, x: Tensor, effects: WindowEffects | None, season: int) -> "Past":
        """Fill the missing values of a window, (batch, time, channel); with effects, those of its residuals."""
        if effects is None:
            return cls(fill_window(x, season).transpose(1, 2))
        residual = x - effects.past
        filled = fill_window(residual, season)
        window = x if filled is residual else filled + effects.past
        past, ahead = zip(*effects.families, strict=True)
        residuals = tuple((window - each).transpose(1, 2) for each in past[1:])
        residuals = (filled.transpose(1, 2), *residuals)
        return cls(window.transpose(1, 2), residuals, tuple(each.transpose(1, 2) for each in ahead))


class LinearPath(nn.Module):
    """A linear map of each channel's window, label covariates and effects, solved in closed form, not trained.

    It is a mean of families of maps: of the window, and of its residuals from effects of its rows (from all, and from
    those that are not of the calendar), to which the same effects of the target rows are added. ``weight`` and
    ``carry`` are the maps times their shares, and ``share`` holds the shares of the families of residuals.

    Args:
        lookback: steps of the window.
        n_covariates: number of ``label_covariates`` of the factors.
        horizon: steps ahead.
        n_channels: channels of the window.
        effects: number of families of residuals.
    """

    weight: Tensor
    carry: Tensor
    share: Tensor

    def __init__(self, lookback: int, n_covariates: int, horizon: int, n_channels: int, effects: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(n_channels, lookback + n_covariates, horizon))
        self.register_buffer("carry", torch.zeros(effects, n_channels, lookback, horizon))
        self.register_buffer("share", torch.zeros(effects, n_channels, horizon))

    def forward(self, past: Past, covariates: Tensor) -> Tensor:
        """Map the past and (batch, covariate) to (batch, channel, horizon), in full precision."""
        if len(self.carry) != len(past.residuals):
            raise RuntimeError("These windows lack the effects of their rows; those of FittedModel.windows have them")
        x = past.window
        time, n_channels = x.shape[2], x.shape[1]
        with full_precision(x.device.type):
            own = torch.bmm(x.transpose(0, 1), self.weight[:, :time])
            if covariates.shape[1]:  # einsum would copy the weights, which are large
                given, of_given = covariates, self.weight[:, time:]
                if len(x) == 1 and not torch.compiler.is_exporting():  # few weights are needed of many
                    there = given.any(0).nonzero()[:, 0]
                    given, of_given = given[:, there], self.weight.index_select(1, there + time)
                own = torch.baddbmm(own, given.expand(n_channels, -1, -1).to(own), of_given)
            for residual, carry in zip(past.residuals, self.carry, strict=True):
                own = torch.baddbmm(own, residual.transpose(0, 1), carry)
            forecast = own.transpose(0, 1)
            for ahead, share in zip(past.ahead, self.share, strict=True):
                forecast = torch.addcmul(forecast, share, ahead)
        return forecast


def _mixing(n_channels: int, config: DecoderConfig) -> nn.Module:
    if n_channels == 1 or not config.n_mixtures:
        return nn.Identity()
    return ChannelMixing(n_channels, config.width, config.n_mixtures, config.dropout)


class Forecaster(nn.Module):
    """Forecasts every channel from its window, its embedding, the fused code and the other channels' windows.

    Channels share all weights but those of ``ChannelMixing``. ``shares`` is the factor on the network's correction of
    each channel: 1 until it is fitted on the validation part.

    Args:
        shape: look-back, horizon and channels of the window.
        n_classes: classes of each factor.
        pairs: pairs of factors whose joint classes are covariates of the linear path.
        config: sizes and likelihood.
        season: steps per season, by which missing values of the window are filled; see ``fill_window``.
        told: what else it is told.
    """

    shares: Tensor
    static: Tensor

    def __init__(
        self,
        shape: tuple[int, int, int],
        n_classes: Sequence[int],
        pairs: Pairs,
        config: DecoderConfig,
        season: int = 0,
        told: Told = Told(),
    ) -> None:
        super().__init__()
        (lookback, horizon, n_channels), width, n_columns = shape, config.width, told.n_columns
        self.n_classes, self.pairs, self.season = tuple(n_classes), pairs, season
        n_covariates = n_label_covariates(n_classes, pairs)
        self.families = FAMILIES[told.effects]
        self.linear = LinearPath(lookback, n_covariates, horizon, n_channels, len(self.families) - 1)
        self.register_buffer("shares", torch.ones(n_channels))
        self.embedding = nn.Parameter(0.1 * torch.randn(n_channels, config.channel_features))
        self.enter = nn.Linear(lookback, width)
        self.enter_channel = nn.Linear(config.channel_features, width, bias=False)
        self.enter_level = nn.Linear(2, width, bias=False) if config.standardise else None
        self.enter_told = nn.Linear(horizon, width, bias=False) if told.effects == "told" else None
        if told.n_static:
            self.register_buffer("static", torch.zeros(n_channels, told.n_static))
        reads_cycles = told.cycles and lookback >= _SHORTEST_WINDOW
        self.cycles = CycleReader(lookback, horizon, width) if reads_cycles else None
        self.enter_static = nn.Linear(told.n_static, width, bias=False) if told.n_static else None
        self.conditions = nn.Linear(config.token_width, (config.depth + 1) * width, bias=False)
        n_read, n_set = horizon * n_columns, (config.depth + 1) * width
        self.conditions_told = nn.Linear(n_read, n_set, bias=False) if n_columns else None
        self.mixings = nn.ModuleList([_mixing(n_channels, config) for _ in range(config.depth)])
        self.layers = nn.ModuleList([Residual(width, config.dropout) for _ in range(config.depth)])
        self.leave = nn.Linear(width, horizon)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        self.spread = nn.Linear(width, 1)
        nn.init.zeros_(self.spread.weight)
        nn.init.zeros_(self.spread.bias)
        self.likelihood = ScaledLikelihood(config.forecast, (horizon, n_channels))
        self.recalibration = Recalibration(told.n_phases, n_channels, horizon)
        self.departures = Departures(lookback, n_channels, horizon)

    def forward(
        self,
        x: Tensor,
        fused: Tensor,
        classes: tuple[Tensor, ...],
        effects: WindowEffects | None = None,
        recalibrate: bool = True,
    ) -> LocationScale:
        """Map the window, (batch, time, channel), and the fused code to a distribution of (batch, horizon, channel).

        Without ``recalibrate`` it is only a part of a forecast, which is recalibrated as a whole.
        """
        past = Past.of(x, effects, self.season)
        conditions = self.conditions(fused)
        if self.conditions_told is not None and effects is not None and effects.columns is not None:
            conditions = conditions + self.conditions_told(effects.columns.flatten(1))
        if self.enter_static is not None and effects is not None and effects.static is not None:
            of_facts = self.enter_static(effects.static)
            conditions = conditions + pad(of_facts, (0, conditions.shape[1] - of_facts.shape[1]))
        linear = self.linear(past, label_covariates(classes, self.pairs, x))
        read = [past.window, conditions[:, None], linear]
        if effects is not None and effects.told is not None:
            read.append(effects.told.transpose(1, 2))
        correction, wider = self._corrections(read)
        mean = (linear + correction).transpose(1, 2)
        wider = wider.transpose(1, 2)
        if not self.training:
            if recalibrate:
                mean, factor = self.recalibration(mean, None if effects is None else effects.phases)
                wider = wider + factor
            follow, unusual = self.departures(x, x if effects is None else x - effects.past)
            mean = mean + follow
        distribution: LocationScale = self.likelihood(mean, wider)
        if not self.training:
            if torch.compiler.is_exporting() or bool(torch.isnan(x[:, -1]).any()):
                unusual = unusual + self.recalibration.for_age(x)
            if torch.compiler.is_exporting() or bool(unusual.any()):
                distribution = distribution.for_missing(unusual)
        doubt = None if effects is None else effects.doubt
        return distribution if doubt is None else distribution.wider_by(doubt)

    def linear_forecast(self, x: Tensor, classes: tuple[Tensor, ...], effects: WindowEffects | None = None) -> Tensor:
        """Return the forecast of the linear path alone, (batch, horizon, channel)."""
        linear: Tensor = self.linear(Past.of(x, effects, self.season), label_covariates(classes, self.pairs, x))
        return linear.transpose(1, 2)

    def _corrections(self, read: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Return ``_correction`` of all windows, computed in pieces that fit into the cache."""
        window = read[0]
        if window.device.type != "cpu" or torch.compiler.is_exporting():
            return self._correction(*read)
        some = max(1, _ROWS_IN_CACHE // window.shape[1])
        corrections, wider = zip(*(self._correction(*part) for part in in_pieces(read, some)), strict=True)
        return torch.cat(corrections), torch.cat(wider)

    def _correction(
        self, window: Tensor, conditions: Tensor, linear: Tensor, told: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the network's correction of the linear path, (batch, channel, horizon), and of the log scale."""
        cycles = None if self.cycles is None else self.cycles.cycles(window)
        first, *others = conditions.chunk(len(self.layers) + 1, dim=-1)
        unit, level, spread = self.shares[:, None], window.new_zeros(1), window.new_ones(1)
        known = self.enter_channel(self.embedding) + first
        if self.enter_static is not None:
            known = known + self.enter_static(self.static)
        if self.enter_level is not None:
            level = window.mean(2, keepdim=True)
            window = window - level
            spread = window.square().mean(2, keepdim=True).clamp(min=_LEAST_POWER).sqrt() + _LEAST_UNIT
            window = window / spread
            known = known + self.enter_level(torch.cat([torch.tanh(0.5 * level), spread.log()], dim=2))
            unit = unit * spread
        if self.enter_told is not None and told is not None:
            known = known + self.enter_told(told / spread)
        if self.cycles is not None and cycles is not None:
            known = known + self.cycles.features((cycles[0] - level[..., None]) / spread[..., None], cycles[1])
        hidden = nn.functional.gelu(self.enter(window) + known)
        for mixing, layer, condition in zip(self.mixings, self.layers, others, strict=True):
            hidden = layer(mixing(hidden), condition)
        # The features serve the mean: the loss of the scale does not change them.
        wider = _MOST_SPREAD * torch.tanh(self.spread(hidden.detach()) / _MOST_SPREAD)
        correction = self.leave(hidden) * unit
        if self.cycles is not None and cycles is not None:
            correction = correction + self.shares[:, None] * self.cycles.correction(hidden, cycles[0], linear)
        return correction, wider

    @torch.no_grad()
    def start(self, ridge: RidgeWeights, channels: slice = slice(None)) -> None:
        """Set the linear path to the closed-form solution; before training, forecasts equal the ridge regression's.

        Args:
            ridge: solution for ``channels``.
            channels: channels of the panel.
        """
        linear, time = self.linear, self.linear.carry.shape[2]
        linear.weight[channels] = ridge.weight
        for number, carried in enumerate(ridge.carried):
            linear.carry[number, channels], linear.share[number, channels] = carried.weight[:, :time], carried.share
            if carried.weight.shape[1] > time:  # the classes act alike in all families
                linear.weight[channels, time:] += carried.weight[:, time:]
        self.likelihood.start_scale(ridge.residual_scale.T, channels)
