"""Settings, one frozen class per room; the only home of defaults.

Where the paper is silent these numbers are *our choice*; the documentation lists them from here.
"""

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args, get_origin, get_type_hints

from divecast.errors import ConfigError

Likelihood = Literal["normal", "student_t", "laplace"]
Precision = Literal["float32", "mixed"]
Monitor = Literal["tasks", "forecast", "labels", "total"]
LabelUse = Literal["blocks", "given", "latent", "unused", "merged"]
Component = Literal["normal", "laplace", "logistic"]
Fusion = Literal["attention", "concatenation", "gating"]
Combine = Literal["sum", "pcgrad", "upgrad"]
Linear = Literal["stacked", "ridge"]
LinearPath = Literal["stacked", "ridge", "shared"]

_MOST_LAYERS = 100  # a file that says a billion is refused before they are built


def _require(holds: bool, name: str, expected: str, found: object) -> None:
    if not holds:
        raise ConfigError(f"{name} must be {expected}, got {found!r}")


def _check_kinds(settings: Any) -> None:
    """Check that every field is of its declared kind: a choice, a whole number, a number, a room of settings."""
    for name, kind in get_type_hints(type(settings)).items():
        value = getattr(settings, name)
        if get_origin(kind) is Literal:
            _require(isinstance(value, str) and value in get_args(kind), name, f"one of {get_args(kind)}", value)
        elif kind is int:
            _require(isinstance(value, int) and not isinstance(value, bool), name, "a whole number", value)
        elif kind is float:
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            _require(number, name, "a finite number", value)
        else:
            _require(isinstance(value, kind), name, f"a {kind.__name__}", value)


def _at_least(low: float, **settings: float) -> None:
    for name, value in settings.items():
        _require(value >= low, name, f">= {low}", value)


def _share(**settings: float) -> None:
    for name, value in settings.items():
        _require(0 <= value < 1, name, "in [0, 1)", value)


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """How a window becomes features, for q(b|x) and q(a|x,b) alike.

    Attributes:
        kind: ``panel`` mixes the channels first, then reads time with shared weights (up to thousands of channels);
            ``recording`` runs strided convolutions over time (long windows of few channels); ``auto`` takes
            ``panel`` for a panel and ``recording`` for recordings.
        n_mixtures: learned sums of the channels that ``panel`` reads.
        time_features: features read from each such sum.
        width: width of the layers behind.
        dropout: share of features left out in training.
        channel_dropout: share of the channels hidden from the encoder in a training window; less where fewer than
            ``least_channels`` would be left on average, and none below that number.
        least_channels: see there.
    """

    kind: Literal["auto", "panel", "recording"] = "auto"
    n_mixtures: int = 16
    time_features: int = 64
    width: int = 128
    dropout: float = 0.1
    channel_dropout: float = 0.5
    least_channels: int = 8

    def __post_init__(self) -> None:
        """Check kinds and ranges."""
        _check_kinds(self)
        _at_least(1, least_channels=self.least_channels)
        _at_least(1, n_mixtures=self.n_mixtures, time_features=self.time_features, width=self.width)
        _share(dropout=self.dropout, channel_dropout=self.channel_dropout)

    def hidden_share(self, n_channels: int, sampled: float = 1.0) -> float:
        """Return the share of the channels at hand that is hidden in training.

        Args:
            n_channels: of the panel.
            sampled: share of them that is at hand; the others count as hidden already.
        """
        hidden = max(0.0, min(self.channel_dropout, 1.0 - self.least_channels / n_channels))
        return hidden if sampled == 1.0 else max(0.0, 1.0 - (1.0 - hidden) / sampled)


@dataclass(frozen=True, slots=True)
class CodeConfig:
    """The latent code.

    Attributes:
        n_conditional: dimensions of a; 0 leaves the labels' part alone.
        labels: what labels are to the code. ``blocks``: each factor owns a block of b under an RBF mixture (DeepDIVE);
            ``given``: b is the label itself, one-hot, and nothing is inferred (labels as plain covariates);
            ``latent``: b is the class, a discrete latent variable with a classifier as q(b|x) (Kingma et al. 2014, M2);
            ``unused``: there is no b; ``merged``: there is no b, and a is wider by the dimensions b would have had.
        borrow: whether q(b|x) also reads the features of q(a|x,b), as they are: learned from all windows by forecasting
            and reconstruction, they help where labels are few. No gradient of one player reaches the other by it.
        given_b: whether a is inferred from the window and b, q(a|x,b), or from the window alone, q(a|x).
        component: density of a class in the RBF mixture; all are log-concave.
        prior: ``naive_bayes`` has a mixture for each factor on its own; ``pairs`` a joint one for each pair of factors
            whose labels go together, with the frequencies of the pair.
        block: ``kind`` gives a factor the block of its kind (circle with harmonics for cyclic, ordered line for
            ordered, a few free dimensions for plain); ``line`` gives every factor one dimension, as in the paper.
        n_harmonics: circles of a cyclic block, at one, two, ... turns a cycle.
        n_free: dimensions of a plain block, at most (never more than classes - 1).
    """

    n_conditional: int = 16
    labels: LabelUse = "blocks"
    borrow: bool = False
    given_b: bool = True
    component: Component = "normal"
    prior: Literal["naive_bayes", "pairs"] = "naive_bayes"
    block: Literal["kind", "line"] = "kind"
    n_harmonics: int = 3
    n_free: int = 4

    def __post_init__(self) -> None:
        """Check kinds and ranges."""
        _check_kinds(self)
        _at_least(0, n_conditional=self.n_conditional)
        _at_least(1, n_harmonics=self.n_harmonics, n_free=self.n_free)


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """Fusion, reconstruction and forecast.

    Attributes:
        fusion: how a and b become one: cross-``attention`` of a with a token per factor (Wong et al. 2025),
            ``concatenation``, or ``gating`` (every token times a gate that a opens).
        token_width: width of the tokens and of the fused code.
        n_heads: attention heads of the fusion.
        n_loadings: time courses the reconstruction mixes into channels.
        width: width of the forecaster's layers.
        depth: residual layers of the forecaster.
        channel_features: length of a channel's embedding.
        n_mixtures: learned sums of the channels' features by which these learn of one another before each of the
            forecaster's layers; 0 to forecast each from its own window and the code alone.
        dropout: share of features left out in training.
        forecast: likelihood of y.
        reconstruction: likelihood of x.
        linear: closed-form linear path of each channel: ``stacked`` averages many regressions by how they forecast the
            validation part, ``ridge`` is one of them; very wide panels get maps drawn towards one that they share.
        ridge_penalty: of ``ridge`` and of the shared map, per window.
        standardise: whether the network beside the linear path reads each channel's window by its own mean and spread.
        shrink: whether the network's correction of the linear path is cut to the share the validation part bears out.
    """

    fusion: Fusion = "attention"
    token_width: int = 64
    n_heads: int = 4
    n_loadings: int = 16
    width: int = 128
    depth: int = 2
    channel_features: int = 16
    n_mixtures: int = 32
    dropout: float = 0.3
    forecast: Likelihood = "student_t"
    reconstruction: Likelihood = "normal"
    linear: Linear = "stacked"
    ridge_penalty: float = 1e-4
    standardise: bool = True
    shrink: bool = True

    def __post_init__(self) -> None:
        """Check kinds and ranges."""
        _check_kinds(self)
        _at_least(1, token_width=self.token_width, n_heads=self.n_heads, n_loadings=self.n_loadings, width=self.width)
        _at_least(1, channel_features=self.channel_features)
        _at_least(0, depth=self.depth, n_mixtures=self.n_mixtures, ridge_penalty=self.ridge_penalty)
        _require(self.depth <= _MOST_LAYERS, "depth", f"{_MOST_LAYERS} at most", self.depth)
        _share(dropout=self.dropout)
        _require(
            self.token_width % self.n_heads == 0,
            "token_width",
            f"a multiple of n_heads={self.n_heads}",
            self.token_width,
        )


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The whole network."""

    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    code: CodeConfig = field(default_factory=CodeConfig)
    decoder: DecoderConfig = field(default_factory=DecoderConfig)

    def __post_init__(self) -> None:
        """Check that each room has its own settings."""
        _check_kinds(self)


@dataclass(frozen=True, slots=True)
class LossConfig:
    """Weights of the loss terms; all 1 and ``cross_entropy`` 0 is the negative joint bound.

    Each player divides its part by a constant of its own, which changes no optimum as they share no parameter; a joint
    turn divides all of it by one.

    ``cross_entropy`` is the weight *on top of* the marginal KL. At 1 the sum over a batch whose labels are all known is
    the closed form KL(q||f_k) - log pi_k, which centres in one place minimise; above 1 the classes are pushed apart.
    Where labels are missing, those that are known count for all: the cross-entropy is their mean.

    ``conditional_tc`` and ``marginal_tc`` weigh the total correlation of a and of the factors' blocks of b, again *on
    top of* the KL that holds it: beta-TCVAE (Chen et al. 2018) has beta - 1.

    ``unlabelled_kl`` is what the marginal KL of a missing label counts, of ``marginal_kl``. Over the first
    ``unlabelled_rise`` of the steps it rises to that from 0, in a line (a ramp as in Laine and Aila 2017): else windows
    without a label form clusters before the few with one have said what the clusters mean.
    """

    forecast: float = 1.0
    reconstruction: float = 1.0
    conditional_kl: float = 1.0
    marginal_kl: float = 1.0
    cross_entropy: float = 10.0
    conditional_tc: float = 0.0
    marginal_tc: float = 0.0
    unlabelled_kl: float = 1.0
    unlabelled_rise: float = 1.0

    def __post_init__(self) -> None:
        """Check kinds and ranges."""
        _check_kinds(self)
        _at_least(0, **asdict(self))
        _require(self.unlabelled_rise <= 1, "unlabelled_rise", "in [0, 1]", self.unlabelled_rise)

    def at(self, done: float) -> "LossConfig":
        """Return the weights after a share of the steps, from 0 before the first to 1 after the last."""
        if done >= self.unlabelled_rise:
            return self
        return replace(self, unlabelled_kl=self.unlabelled_kl * done / self.unlabelled_rise, unlabelled_rise=0.0)


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """The optimisation.

    Attributes:
        epochs: passes over the training windows, at most.
        batch_size: windows a step.
        learning_rate: peak of AdamW's.
        weight_decay: of AdamW, on the weights of linear and convolutional layers.
        warmup: share of the steps in which the learning rate rises.
        clip: largest gradient norm of a player.
        patience: epochs without a better validation loss before stopping.
        monitor: which validation loss: ``tasks`` (forecast and labels: the weighted total without reconstruction and
            KL of a, which would drown them), ``forecast``, ``labels`` (cross-entropy), or the weighted ``total``.
        interleave: ``step`` gives each batch to the marginal player and then, frozen, to the conditional one;
            ``epoch`` alternates whole epochs; ``joint`` trains both at once (the ablation).
        freeze: whether the marginal player's weights are frozen in the conditional player's turn; else its losses
            reach them through b (the ablation), and its optimiser moves and decays them too, after the marginal one's.
        combine: how a ``joint`` turn joins the gradients of its losses: their weighted ``sum``, or ``pcgrad`` (Yu et
            al. 2020) or ``upgrad`` (Quinton and Rey 2024) over forecast, reconstruction with KL, and disentanglement.
        labelled: share of the marginal player's batch, by step or epoch, that has labels at least: where fewer of the
            training windows have, windows with labels are drawn again, with replacement, in place of others.
        clamp: share of labels whose class is handed to the conditional player instead of the inferred code.
        window_stride: every how many rows a training or validation window starts; the stacked linear path is solved
            from all rows, where that takes seconds.
        channels: most channels a step; 0 for all. A panel of more is learned from a sample of its channels that changes
            with every step and comes to each of them in turn: only these are read, and the code sees the panel through
            them. Losses are scaled to those of all channels. A pass is then validated on all channels of about as large
            a share of the validation windows.
        precision: ``mixed`` uses bfloat16 products on cuda, save in the linear path; elsewhere it is ``float32``.
    """

    epochs: int = 5
    batch_size: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup: float = 0.1
    clip: float = 1.0
    patience: int = 3
    monitor: Monitor = "tasks"
    interleave: Literal["step", "epoch", "joint"] = "step"
    freeze: bool = True
    combine: Combine = "sum"
    labelled: float = 0.5
    clamp: float = 0.5
    window_stride: int = 1
    channels: int = 384
    precision: Precision = "mixed"

    def __post_init__(self) -> None:
        """Check kinds and ranges."""
        _check_kinds(self)
        _at_least(1, epochs=self.epochs, batch_size=self.batch_size, patience=self.patience)
        _at_least(1, window_stride=self.window_stride)
        _at_least(0, weight_decay=self.weight_decay, channels=self.channels)
        _require(self.learning_rate > 0, "learning_rate", "> 0", self.learning_rate)
        _require(self.clip > 0, "clip", "> 0", self.clip)
        _share(warmup=self.warmup, labelled=self.labelled)
        _require(0 <= self.clamp <= 1, "clamp", "in [0, 1]", self.clamp)
        _require(
            self.combine == "sum" or self.interleave == "joint",
            "combine",
            'sum unless interleave="joint"',
            self.combine,
        )
        _require(
            self.interleave != "epoch" or self.epochs >= 2, "epochs", 'at least 2 with interleave="epoch"', self.epochs
        )
