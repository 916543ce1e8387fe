"""The DeepDIVE network: inference, clamping of known labels, and generation."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast._device import drawn
from divecast.config import ModelConfig
from divecast.errors import ConfigError
from divecast.model.centres import FactorKind
from divecast.model.decoder import Decoder
from divecast.model.distribution import LocationScale
from divecast.model.encoder import ConditionalEncoder
from divecast.model.forecaster import EffectsUse, Forecaster, Told
from divecast.model.fusion import Fusion
from divecast.model.linear.label_covariates import Pairs
from divecast.model.marginal import Clamped, GivenLabels, LabelPath, LatentLabels, MarginalCode, RBFBlocks
from divecast.model.movement import LEAST_DIMS, Movement
from divecast.model.pairing import Coupling
from divecast.model.prior import MarginalPrior
from divecast.types import Code, Outputs, Prediction, WindowEffects


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The sizes of a network that depend on the data.

    Attributes:
        lookback: steps of a window.
        horizon: forecast steps.
        n_channels: number of channels.
        kinds: kind of each factor.
        frequencies: label frequencies of each factor in the training part.
        pairs: pairs of factors whose joint classes are covariates of the linear path.
        couplings: pairs of factors whose blocks have a joint prior.
        season: steps per season, by which missing values of a window are filled for the forecast; see ``fill_window``.
        effects: whether windows have effects, ``told`` if some are not of the calendar; see ``WindowEffects``.
        n_columns: number of columns that all series are told of a target row.
        n_static: number of features of a series that do not change.
        n_phases: times of the day, week or year that are told apart in the spread of forecasts.
    """

    lookback: int
    horizon: int
    n_channels: int
    kinds: tuple[FactorKind, ...] = ()
    frequencies: tuple[tuple[float, ...], ...] = ()
    pairs: Pairs = ()
    couplings: tuple[Coupling, ...] = ()
    season: int = 0
    effects: EffectsUse = "none"
    n_columns: int = 0
    n_static: int = 0
    n_phases: int = 1

    def __post_init__(self) -> None:
        """Check the season (ConfigError)."""
        if not 0 <= self.season <= self.lookback:
            expected = f"a season of 0 to {self.lookback} steps, the lookback"
            raise ConfigError(expected=expected, found=str(self.season), argument="season")

    @property
    def n_classes(self) -> tuple[int, ...]:
        """Number of classes of each factor."""
        return tuple(len(pi) for pi in self.frequencies)


class Network(nn.Module):
    """DeepDIVE (Wong et al. 2025): q(b|x), q(a|x,b), RBF prior, fusion, decoder, forecaster.

    Each of them draws its weights from a stream of its own.

    Args:
        dimensions: sizes that depend on the data.
        config: all other sizes.
    """

    def __init__(self, dimensions: Dimensions, config: ModelConfig) -> None:
        super().__init__()
        time, channels, decoder = dimensions.lookback, dimensions.n_channels, config.decoder
        self.marginal, self.n_conditional = drawn("marginal", _label_path, dimensions, config)
        n_a = self.n_conditional
        sizes = self.marginal.block_sizes
        n_classes = dimensions.n_classes if sizes else ()
        dims = sum(sizes) if config.code.given_b else 0
        n_movement = _movement_dims(n_a, config)
        n_read = n_a - n_movement
        encoder = (time, channels, dims, n_read, config.encoder)
        self.conditional = drawn("conditional", ConditionalEncoder, *encoder) if n_read else None
        self.forecaster_reads_a = config.code.forecaster != "b"
        self.movement = Movement(time, channels, n_classes, n_movement) if n_movement else None
        if config.code.borrow and self.conditional is not None:
            self.marginal.borrow(self.conditional.features, config.encoder)
        self.fusion = drawn("fusion", Fusion, n_a, n_classes, sizes, decoder)
        own = config.code.forecaster == "own"
        self.own_fusion = drawn("own fusion", Fusion, n_a, n_classes, sizes, decoder) if own else None
        self.decoder = drawn("decoder", Decoder, time, channels, decoder)
        pairs = dimensions.pairs if sizes else ()
        shape = (time, dimensions.horizon, channels)
        cycles = decoder.cycles and config.encoder.kind == "recording"
        told = Told(dimensions.effects, dimensions.n_columns, dimensions.n_static, dimensions.n_phases, cycles)
        self.forecaster = drawn("forecaster", Forecaster, shape, n_classes, pairs, decoder, dimensions.season, told)

    @property
    def n_factors(self) -> int:
        """Number of factors that are part of the code."""
        return len(self.marginal.block_sizes)

    def infer_conditional(self, x: Tensor, b: Tensor, effects: WindowEffects | None = None) -> Normal:
        """Return q(a|x,b), a normal of (batch, conditional), which may have no dimensions.

        It reads the residuals of the rows' effects, so that a does not hold what the table says already.
        """
        if self.conditional is None:
            empty = x.new_zeros(len(x), 0)
            return Normal(empty, empty, validate_args=False)
        posterior: Normal = self.conditional(x if effects is None else x - effects.past, b)
        if self.movement is None:
            return posterior
        told: Normal = self.movement(x, self.movement.joint(self.marginal.class_probabilities(b), len(x)))
        loc, scale = (torch.cat(pair, dim=1) for pair in ((posterior.loc, told.loc), (posterior.scale, told.scale)))
        return Normal(loc, scale, validate_args=False)

    def marginal_code(self, x: Tensor, labels: Tensor, sample: bool) -> MarginalCode:
        """Infer b, and replace the blocks of known labels.

        Args:
            x: (batch, time, channel), scaled units, NaN where missing.
            labels: (batch, factor) classes to clamp, -1 where the inferred b is kept.
            sample: draw b, with gradients through the draw; else take its mean.
        """
        posterior = self.marginal.infer(x)
        draw = self.marginal.draw(posterior, sample)
        b, classes = self.marginal.clamp(draw, labels, noise=sample)
        return MarginalCode(posterior, draw, b, self.marginal.inferred(posterior, classes, labels))

    def predict(
        self,
        x: Tensor,
        marginal: Clamped,
        sample: bool,
        effects: WindowEffects | None = None,
        recalibrate: bool = True,
    ) -> Prediction:
        """Forecast, given b and its classes; a is inferred only if the forecaster reads it, see ``Forecaster``."""
        b, classes = marginal
        if self.forecaster_reads_a:
            code = self._code(x, marginal, sample, effects)[1]
        else:
            code = Code(x.new_zeros(len(x), self.n_conditional), b, classes)
        fused, attention = self.fuse_for_forecast(code)
        return Prediction(code, attention, self.forecaster(x, fused, classes, effects, recalibrate))

    def complete(
        self, x: Tensor, marginal: MarginalCode, sample: bool, effects: WindowEffects | None = None
    ) -> Outputs:
        """Infer a given b, then reconstruct from the code and the rows' effects alone, and forecast."""
        q_a, code = self._code(x, (marginal.b, marginal.classes), sample, effects)
        fused, attention = self.fuse_for_forecast(code)
        forecast = self.forecaster(x, fused, code.classes, effects)
        return Outputs(code, attention, forecast, q_a, marginal.posterior, self.reconstruct(code, effects))

    def reconstruct(self, code: Code, effects: WindowEffects | None = None) -> LocationScale:
        """Return p(x|a,b), (batch, time, channel): from the code and the rows' effects alone."""
        if self.movement is None:
            around = None if effects is None else effects.past
            return self.decoder(self.fusion(code)[0], around)
        number = self.movement.joint(code.classes, len(code.a))
        around = self.movement.window(code.a[:, -self.movement.dims :], number)
        return self.decoder(self.fusion(self._without_movement(code))[0], around)

    def draw_window(self, code: Code, effects: WindowEffects | None = None) -> Tensor:
        """Draw from p(x|a,b), (batch, time, channel).

        What is around a movement is no white noise: draws have its spectrum in training windows.
        """
        distribution = self.reconstruct(code, effects)
        if self.movement is None:
            return distribution.sample()
        return distribution.mean + self.movement.noise(self.movement.joint(code.classes, len(code.a)))

    def fuse_for_forecast(self, code: Code) -> tuple[Tensor, Tensor]:
        """Return what the forecaster reads of a code, (batch, width), and the weights of the factors.

        It reads b alone by default, with a at the mean of its prior, 0: it sees the window itself. With a fusion of its
        own it leaves a to the reconstruction: the losses of the forecast do not change it.
        """
        read = self._without_movement(code) if self.forecaster_reads_a else replace(code, a=torch.zeros_like(code.a))
        if self.own_fusion is None:
            return self.fusion(read)
        return self.own_fusion(replace(read, a=read.a.detach()))

    def _without_movement(self, code: Code) -> Code:
        """Return a code whose movement, if there is one, is at the mean of its prior."""
        if self.movement is None:
            return code
        return replace(code, a=nn.functional.pad(code.a[:, : -self.movement.dims], (0, self.movement.dims)))

    def _code(self, x: Tensor, marginal: Clamped, sample: bool, effects: WindowEffects | None) -> tuple[Normal, Code]:
        b, classes = marginal
        q_a = self.infer_conditional(x, b, effects)
        return q_a, Code(q_a.rsample() if sample else q_a.loc, b, classes)

    def forward(self, x: Tensor, labels: Tensor, sample: bool = True, effects: WindowEffects | None = None) -> Outputs:
        """Return all outputs for a batch; arguments as in ``marginal_code``, and what the table says of the rows."""
        return self.complete(x, self.marginal_code(x, labels, sample), sample, effects)


def _movement_dims(n_a: int, config: ModelConfig) -> int:
    """Return the dimensions of a that tell a movement: half of those for recordings, if these suffice."""
    wanted = config.encoder.kind == "recording" and config.decoder.movement and n_a // 2 >= LEAST_DIMS
    return n_a // 2 if wanted else 0


def _label_path(dimensions: Dimensions, config: ModelConfig) -> tuple[LabelPath, int]:
    """Return the label path and the dimensions of a."""
    code, shape, n_a = config.code, (dimensions.lookback, dimensions.n_channels), config.code.n_conditional
    if dimensions.kinds and code.labels == "latent":
        return LatentLabels(shape, dimensions.frequencies, config.encoder), n_a
    if dimensions.kinds and code.labels == "given":
        return GivenLabels(dimensions.frequencies), n_a
    if dimensions.kinds and code.labels != "unused":
        prior = MarginalPrior(dimensions.kinds, dimensions.frequencies, code, dimensions.couplings)
        if code.labels == "blocks":
            return RBFBlocks(shape, prior, config.encoder), n_a
        n_a += prior.dims
    if not n_a:
        raise ConfigError(
            "The code has no dimensions",
            found="n_conditional=0 and no labels in the code",
            hint="Increase {model.code.n_conditional}",
            argument="model.code.n_conditional",
        )
    return GivenLabels(()), n_a
