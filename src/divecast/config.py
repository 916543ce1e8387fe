"""Settings: one frozen class per part of the model. All defaults are defined here.

Values that the paper does not give are *our choice*; the documentation lists them from here.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

import numpy as np

from divecast.errors import ConfigError

Likelihood = Literal["normal", "student_t", "laplace"]
Precision = Literal["float32", "mixed"]
Monitor = Literal["tasks", "forecast", "labels", "total"]
LabelUse = Literal["blocks", "given", "latent", "unused", "merged"]
Component = Literal["normal", "laplace", "logistic"]
Fusion = Literal["attention", "concatenation", "gating"]
Combine = Literal["sum", "pcgrad", "upgrad"]
Linear = Literal["stacked", "ridge"]
CountsUse = Literal["auto", "always", "never"]
ScaleKind = Literal["standard", "log", "power", "auto"]
SeriesMode = Literal["joint", "independent", "auto"]
AskedBounds = Literal["auto"] | tuple[float | None, float | None] | None
"""``auto``: 0 below, where no value of the training part is lower; or (low, high), None for none; or no bounds."""
LinearStart = Literal["stacked", "ridge", "shared"]

_MAX_INTEGER = 2**63 - 1  # the largest that numpy counts with and torch takes as a seed
_EPOCHS, _BATCH_SIZE = 5, 128  # of a fit to many windows
_STEPS, _STEPS_AN_EPOCH, _SMALLEST_BATCH, _MOST_EPOCHS = 150, 8, 16, 40  # of one to few; docs/method.md
_STARTS = 20  # of windows of recordings within a look-back
_MAX_DEPTH = 100  # refuses a file with a billion layers before they are built
_MAX_EPOCHS = 10_000  # whose losses a file may have


def check_at_least(low: int, **arguments: Any) -> None:
    """Check that arguments are whole numbers of at least ``low`` and below 2^63.

    Raises:
        ConfigError: one is not.

    Example:
        >>> check_at_least(1, every=0)
        Traceback (most recent call last):
        ...
        divecast.errors.ConfigError: every must be a whole number >= 1: got 0
    """
    for name, value in arguments.items():
        is_integer = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not is_integer or not low <= value <= _MAX_INTEGER:
            limit = " and below 2^63" if is_integer and value > _MAX_INTEGER else ""
            raise ConfigError(f"{name} must be a whole number >= {low}{limit}", found=repr(value), argument=name)


def check_choice(choices: Sequence[str], **arguments: Any) -> None:
    """Check that arguments are among the choices.

    Raises:
        ConfigError: one is not.
    """
    for name, value in arguments.items():
        if not isinstance(value, str) or value not in choices:
            *others, last = (f'"{choice}"' for choice in choices)
            listed = f"{', '.join(others)} or {last}"
            raise ConfigError(f"{name} must be {listed}", found=repr(value), argument=name)


class _Config:
    """Checks of the settings of a class.

    Attributes:
        _name: dotted name of the class among all settings, such as ``model.encoder``.
    """

    __slots__ = ()
    _name: ClassVar[str]

    def _check_types(self) -> None:
        """Check that every field has its declared type (ConfigError)."""
        for field_name, declared in get_type_hints(type(self)).items():
            if get_origin(declared) is ClassVar:
                continue
            value = getattr(self, field_name)
            if get_origin(declared) is Literal:
                choices = get_args(declared)
                self._require(isinstance(value, str) and value in choices, field_name, f"one of {choices}")
            elif declared == int | None:
                whole = value is None or (isinstance(value, int) and not isinstance(value, bool))
                self._require(whole, field_name, "a whole number or None")
            elif declared is int:
                self._require(isinstance(value, int) and not isinstance(value, bool), field_name, "a whole number")
            elif declared is float:
                is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
                self._require(is_number, field_name, "a finite number")
            else:
                self._require(isinstance(value, declared), field_name, f"of type {declared.__name__}")

    def _require(self, condition: bool, field_name: str, expected: str) -> None:
        if not condition:
            setting = f"{self._name}.{field_name}"
            found = repr(getattr(self, field_name))
            raise ConfigError(f"{setting} must be {expected}", found=found, argument=setting)

    def _at_least(self, low: float, *field_names: str) -> None:
        for field_name in field_names:
            self._require(getattr(self, field_name) >= low, field_name, f">= {low}")

    def _fractions(self, *field_names: str) -> None:
        for field_name in field_names:
            self._require(0 <= getattr(self, field_name) < 1, field_name, "in [0, 1)")


@dataclass(frozen=True, slots=True)
class EncoderConfig(_Config):
    """Settings of the encoders of q(b|x) and q(a|x,b): how they compute features of a window.

    Attributes:
        kind: ``panel`` mixes the channels, then applies shared weights over time (up to thousands of channels);
            ``recording`` applies strided convolutions over time (long windows of few channels); ``auto`` is
            ``panel`` for a panel and ``recording`` for recordings.
        n_mixtures: number of learned weighted sums of the channels (``panel``).
        time_features: number of features of each such sum (``panel``).
        width: width of the following layers.
        dropout: share of features dropped in training.
        channel_dropout: share of the channels hidden from the encoder in a training window; reduced such that
            ``least_channels`` remain on average.
        least_channels: number of channels that channel dropout leaves on average.
        closed_form: whether the classes of recordings are also read by a ridge regression on fixed random convolutions,
            which is solved after the training and weighed with the trained encoder on validation windows. Nothing
            changes for a panel.

    Example:
        >>> EncoderConfig(width=64).width
        64
    """

    _name: ClassVar[str] = "model.encoder"
    kind: Literal["auto", "panel", "recording"] = "auto"
    n_mixtures: int = 16
    time_features: int = 64
    width: int = 128
    dropout: float = 0.1
    channel_dropout: float = 0.5
    least_channels: int = 8
    closed_form: bool = True

    def __post_init__(self) -> None:
        """Check types and ranges (ConfigError)."""
        self._check_types()
        self._at_least(1, "least_channels")
        self._at_least(1, "n_mixtures", "time_features", "width")
        self._fractions("dropout", "channel_dropout")

    def hidden_share(self, n_channels: int, sampled: float = 1.0) -> float:
        """Return the share of the channels of a batch to hide in training.

        Args:
            n_channels: channels of the panel.
            sampled: share of them in the batch; the others count as hidden.

        Example:
            >>> round(EncoderConfig(channel_dropout=0.5, least_channels=8).hidden_share(10), 2)
            0.2
        """
        hidden = max(0.0, min(self.channel_dropout, 1.0 - self.least_channels / n_channels))
        return hidden if sampled == 1.0 else max(0.0, 1.0 - (1.0 - hidden) / sampled)


@dataclass(frozen=True, slots=True)
class CodeConfig(_Config):
    """Settings of the code: the conditional part a and the marginal part b.

    Attributes:
        n_conditional: dimensions of a; 0 for none. Of recordings, the second half tells phase, speed and shape of a
            movement.
        forecaster: what the forecaster reads of the code: ``b`` alone; the ``code``, a as well (Wong et al. 2025); or
            ``own``, the code through a fusion of its own, without a gradient to a. The forecaster sees the window
            itself, so that a tells it nothing new; reading a, it forecasts no better (docs/forecast_arms.md).
        labels: how labels enter the code. ``blocks``: each factor owns a block of b under an RBF mixture (DeepDIVE);
            ``given``: b is the label itself, one-hot, and nothing is inferred (labels as covariates);
            ``latent``: b is the class, a discrete latent variable with a classifier as q(b|x) (Kingma et al. 2014, M2);
            ``unused``: there is no b; ``merged``: there is no b, and a is wider by the dimensions of b. Without b the
            rows have no effects of labels either. ``component``, ``prior`` and ``block`` are of ``blocks`` alone, and
            so is ``borrow``.
        borrow: whether q(b|x) also reads the features of q(a|x,b). They are learned from all windows, which may help
            if labels are few (docs/few_labels.md). No gradient of one player reaches the other through them. They read
            the windows here, not what effects leave of them: that would tell a label by the effect that it has.
        given_b: whether a is inferred from the window and b, q(a|x,b), or from the window alone, q(a|x).
        component: density of a class in the RBF mixture; all are log-concave.
        prior: ``naive_bayes`` has one mixture per factor; ``pairs`` has a joint mixture for each pair of factors whose
            labels are associated, weighted by the joint label frequencies.
        block: ``kind`` gives each factor a block of its kind (circles with harmonics for cyclic, an ordered line for
            ordered, a few free dimensions for plain factors); ``line`` gives every factor one dimension, as in Wong et
            al. (2025).
        n_harmonics: number of circles of a cyclic block; the i-th turns i times per cycle.
        n_free: maximum number of dimensions of a plain block (never more than classes - 1).

    Example:
        >>> CodeConfig(n_conditional=8).labels
        'blocks'
    """

    _name: ClassVar[str] = "model.code"
    n_conditional: int = 16
    forecaster: Literal["b", "code", "own"] = "b"
    labels: LabelUse = "blocks"
    borrow: bool = False
    given_b: bool = True
    component: Component = "normal"
    prior: Literal["naive_bayes", "pairs"] = "naive_bayes"
    block: Literal["kind", "line"] = "kind"
    n_harmonics: int = 3
    n_free: int = 8

    def __post_init__(self) -> None:
        """Check types and ranges (ConfigError)."""
        self._check_types()
        self._at_least(0, "n_conditional")
        self._at_least(1, "n_harmonics", "n_free")


@dataclass(frozen=True, slots=True)
class DecoderConfig(_Config):
    """Settings of fusion, decoder and forecaster.

    Attributes:
        fusion: how a and b are combined: cross-``attention`` of a with one token per factor (Wong et al. 2025),
            ``concatenation``, or ``gating`` (every token times a gate computed from a).
        token_width: width of the tokens and of the fused code.
        n_heads: attention heads of the fusion.
        n_loadings: number of time courses that the reconstruction mixes into channels.
        movement: whether windows of recordings are reconstructed as a repeated movement, of which half of the
            dimensions of a (4 at least, else none) tell phase, speed and shape; see docs/method.md.
        cycles: whether the forecaster of recordings reads what followed the earlier places of the window that its last
            rows look most alike; see docs/method.md.
        width: width of the forecaster's layers.
        depth: residual layers of the forecaster.
        channel_features: length of a channel's embedding.
        n_mixtures: number of learned sums of channel features, by which channels exchange information before each
            layer of the forecaster; 0 to forecast each channel from its own window and the code alone.
        dropout: share of features dropped in training.
        forecast: likelihood of y.
        reconstruction: likelihood of x.
        linear: closed-form linear path of each channel: ``stacked`` averages many ridge regressions, weighted by their
            validation error; ``ridge`` is a single one. Very wide panels get maps shrunk towards a shared one.
        ridge_penalty: penalty of ``ridge`` and of the shared map, per window.
        standardise: whether the network next to the linear path reads each channel's window standardised by its own
            mean and spread.
        shrink: whether the network's correction of the linear path is scaled by a factor fitted on the validation part.

    Example:
        >>> DecoderConfig(linear="ridge").ridge_penalty
        0.0001
    """

    _name: ClassVar[str] = "model.decoder"
    fusion: Fusion = "attention"
    token_width: int = 64
    n_heads: int = 4
    n_loadings: int = 16
    movement: bool = True
    cycles: bool = True
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
        """Check types and ranges (ConfigError)."""
        self._check_types()
        self._at_least(1, "token_width", "n_heads", "n_loadings", "width")
        self._at_least(1, "channel_features")
        self._at_least(0, "depth", "n_mixtures", "ridge_penalty")
        self._require(self.depth <= _MAX_DEPTH, "depth", f"<= {_MAX_DEPTH}")
        self._fractions("dropout")
        fits = self.token_width % self.n_heads == 0
        self._require(fits, "token_width", f"a multiple of {self._name}.n_heads={self.n_heads}")


@dataclass(frozen=True, slots=True)
class ModelConfig(_Config):
    """Settings of the network.

    Attributes:
        encoder: how features of a window are computed.
        code: the code.
        decoder: fusion, reconstruction and forecast.
        effects: whether the effects of what the table says of a row (calendar, labels, covariates) are part of the
            model of a panel; without them, covariates cannot be used.
        own_scale: whether each recording has the scale of its own values before a forecast, not that of all in the
            training part. Recordings then differ in their shape alone, not in level and size.
        counts: whether quantiles of series that hold low counts (whole numbers from 0 on, 99 of 100 at most 1,000) are
            those of a negative binomial distribution with additional zeros around the mean, so whole numbers:
            ``always``, ``never``, or ``auto`` if their loss on the validation part is lower.
        own_models: whether short independent series are forecast by structural models of each alone, too, where
            validation shows that it helps; not where labels or covariates are told, which these do not read.
        scale: what a series is centred and divided by its spread as: ``standard`` as it is; ``log`` as its logarithm,
            which suits what grows in proportion; ``power`` as a power of it, or its logarithm, that is chosen for each
            series by the training part; ``auto`` for ``standard`` or ``power``, by the validation part. A series
            with values below 0 stays as it is.

    Example:
        >>> ModelConfig(code=CodeConfig(n_conditional=8)).code.n_conditional
        8
    """

    _name: ClassVar[str] = "model"
    encoder: EncoderConfig = field(default_factory=EncoderConfig)
    code: CodeConfig = field(default_factory=CodeConfig)
    decoder: DecoderConfig = field(default_factory=DecoderConfig)
    effects: bool = True
    own_scale: bool = False
    counts: CountsUse = "auto"
    own_models: bool = True
    scale: ScaleKind = "standard"

    def __post_init__(self) -> None:
        """Check the types of the parts (ConfigError)."""
        self._check_types()
        plain = self.scale == "standard"
        self._require(plain or not self.own_scale, "scale", f'"standard" with {self._name}.own_scale')
        self._require(plain or self.counts != "always", "scale", f'"standard" with {self._name}.counts="always"')


@dataclass(frozen=True, slots=True)
class LossConfig(_Config):
    """Weights of the loss terms. All at 1 with ``cross_entropy`` 0 give the negative joint bound.

    Each player divides its losses by a constant, which changes no optimum since players share no parameters; a joint
    turn divides all losses by one constant.

    Attributes:
        forecast: weight of -log p(y|a,b,x).
        reconstruction: weight of -log p(x|a,b).
        conditional_kl: weight of KL(q(a|x,b) || p(a)).
        marginal_kl: weight of KL(q(b|x) || p(b)).
        cross_entropy: weight of the cross-entropy of the labels, *on top of* the marginal KL. At 1 and with all labels
            known, their sum is the closed form KL(q || f_k) - log pi_k, which is minimal if all centres coincide; above
            1 the classes are pushed apart. If labels are missing, the mean over the known ones counts for all windows.
        conditional_tc: weight of the total correlation of a, on top of the KL that contains it; beta - 1 in beta-TCVAE
            (Chen et al. 2018).
        marginal_tc: the same for the blocks of b.
        unlabelled_kl: factor on the marginal KL of windows without a label.
        unlabelled_rise: share of the steps in which ``unlabelled_kl`` rises linearly from 0 (a ramp as in Laine and
            Aila 2017). Else unlabelled windows form clusters before the labels decide what these mean.

    Example:
        >>> LossConfig().cross_entropy
        10.0
    """

    _name: ClassVar[str] = "losses"
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
        """Check types and ranges (ConfigError)."""
        self._check_types()
        self._at_least(0, *asdict(self))
        self._require(self.unlabelled_rise <= 1, "unlabelled_rise", "in [0, 1]")

    def at(self, done: float) -> "LossConfig":
        """Return the weights at a point of the fit.

        Args:
            done: share of the steps done, 0 to 1.

        Example:
            >>> LossConfig(unlabelled_rise=0.5).at(0.25).unlabelled_kl
            0.5
        """
        if done >= self.unlabelled_rise:
            return self
        return replace(self, unlabelled_kl=self.unlabelled_kl * done / self.unlabelled_rise, unlabelled_rise=0.0)


@dataclass(frozen=True, slots=True)
class TrainingConfig(_Config):
    """Settings of the optimisation.

    Attributes:
        epochs: maximum number of epochs, at most 10,000; None for 5, or more where the training windows are few and
            ``batch_size`` is None, too (``for_windows``).
        batch_size: windows per step; None for 128, or fewer where the training windows are few and ``epochs`` is None,
            too.
        learning_rate: peak learning rate of AdamW.
        weight_decay: weight decay of AdamW, on the weights of linear and convolutional layers.
        warmup: share of the steps in which the learning rate rises.
        clip: maximum gradient norm of a player.
        patience: epochs without a better validation loss before stopping; of 5 epochs, and more where ``epochs`` are
            more since the windows are few.
        monitor: validation loss for early stopping: ``tasks`` (forecast and labels: the weighted total without
            reconstruction and KL of a, which would dominate), ``forecast``, ``labels`` (cross-entropy), or the weighted
            ``total``.
        interleave: ``step`` gives each batch to the marginal player, then to the conditional one; ``epoch`` alternates
            whole epochs; ``joint`` trains both at once (an ablation).
        freeze: whether the marginal player's weights are frozen in the conditional player's turn. If not, the losses of
            that turn reach them through b, and its optimiser updates and decays them too (an ablation).
        average: whether a running mean of the weights over about the last tenth of the steps (polynomial decay, Shamir
            and Zhang 2013) is validated and kept, in place of the last weights.
        combine: how a ``joint`` turn combines the gradients of its losses: their weighted ``sum``, or ``pcgrad`` (Yu et
            al. 2020) or ``upgrad`` (Quinton and Rey 2024) over forecast, reconstruction with KL, and disentanglement.
        labelled: minimum share of labelled windows in the marginal player's batches (``step`` or ``epoch``); if fewer
            training windows are labelled, some others are replaced by labelled ones, drawn with replacement.
        clamp: share of known labels whose class replaces the inferred b in the conditional player's turn.
        window_stride: rows from the start of one training or validation window to the next; None for 1, or, of
            recordings, a twentieth of the look-back, since neighbouring windows tell nearly the same. The stacked
            linear path uses all rows where that takes seconds.
        channels: maximum number of channels per step; 0 for all. A wider panel is learned from a sample of its channels
            that changes with every step, such that each channel is used in turn. Losses are scaled to all channels.
            Epochs are then validated on all channels of about the same share of the validation windows.
        precision: ``mixed`` uses bfloat16 products on cuda, except in the linear path; on other devices ``float32``.
        unlearnable: what becomes of series that cannot be learned from, since they do not vary or have no value in the
            training part: ``plain`` forecasts them by the last values of the look-back, ``drop`` leaves them out. A
            DataWarning names them.
        outliers: whether readings far beyond all that a series did in the training part count as ``missing``, also in
            forecasts, or whether to ``keep`` them. A DataWarning names them. Stores are not searched.

    Example:
        >>> TrainingConfig(epochs=20, learning_rate=1e-3).epochs
        20
    """

    _name: ClassVar[str] = "training"
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float = 2e-3
    weight_decay: float = 0.02
    warmup: float = 0.1
    clip: float = 1.0
    patience: int = 3
    monitor: Monitor = "tasks"
    interleave: Literal["step", "epoch", "joint"] = "step"
    freeze: bool = True
    average: bool = False
    combine: Combine = "sum"
    labelled: float = 0.5
    clamp: float = 0.5
    window_stride: int | None = None
    channels: int = 384
    precision: Precision = "mixed"
    unlearnable: Literal["plain", "drop"] = "plain"
    outliers: Literal["missing", "keep"] = "missing"

    def __post_init__(self) -> None:
        """Check types and ranges (ConfigError)."""
        self._check_types()
        automatic = ("epochs", "batch_size", "window_stride")
        self._at_least(1, *(name for name in automatic if getattr(self, name) is not None))
        self._require(self.n_epochs <= _MAX_EPOCHS, "epochs", f"<= {_MAX_EPOCHS}")
        self._at_least(1, "patience")
        self._at_least(0, "weight_decay", "channels")
        self._require(self.learning_rate > 0, "learning_rate", "> 0")
        self._require(self.clip > 0, "clip", "> 0")
        self._fractions("warmup", "labelled")
        self._require(0 <= self.clamp <= 1, "clamp", "in [0, 1]")
        combines = self.combine == "sum" or self.interleave == "joint"
        self._require(combines, "combine", '"sum" unless training.interleave is "joint"')
        alternates = self.interleave != "epoch" or self.n_epochs >= 2
        self._require(alternates, "epochs", '>= 2 if training.interleave is "epoch"')

    @property
    def n_epochs(self) -> int:
        """Maximum number of epochs: as set, or as many as a fit to many windows makes."""
        return _EPOCHS if self.epochs is None else self.epochs

    @property
    def n_batch(self) -> int:
        """Windows per step: as set, or as many as a fit to many windows takes."""
        return _BATCH_SIZE if self.batch_size is None else self.batch_size

    @property
    def stride(self) -> int:
        """Rows from one window to the next: as set, or 1."""
        return 1 if self.window_stride is None else self.window_stride

    def for_recordings(self, lookback: int) -> "TrainingConfig":
        """Return the settings with the window stride in numbers, for a fit to recordings.

        Example:
            >>> TrainingConfig().for_recordings(lookback=200).window_stride
            10
        """
        if self.window_stride is not None:
            return self
        return replace(self, window_stride=max(1, lookback // _STARTS))

    def for_windows(self, n: int) -> "TrainingConfig":
        """Return the settings with epochs and batch size in numbers, for a fit to ``n`` training windows.

        Where both are None and five epochs have fewer than 150 steps, batches are halved until an epoch has eight of
        them, to 16 windows at least; and epochs are added until there are 150 steps, to 40 at most.

        Example:
            >>> few = TrainingConfig().for_windows(500)
            >>> few.epochs, few.batch_size, few.patience
            (10, 32, 6)
            >>> many = TrainingConfig().for_windows(20_000)
            >>> many.epochs, many.batch_size, many.patience
            (5, 128, 3)
        """
        if self.epochs is not None or self.batch_size is not None or _EPOCHS * (n // _BATCH_SIZE) >= _STEPS:
            return replace(self, epochs=self.n_epochs, batch_size=self.n_batch)
        batch_size = _BATCH_SIZE
        while batch_size > _SMALLEST_BATCH and n // batch_size < _STEPS_AN_EPOCH:
            batch_size //= 2
        epochs = min(_MOST_EPOCHS, max(_EPOCHS, math.ceil(_STEPS / max(1, n // batch_size))))
        return replace(self, epochs=epochs, batch_size=batch_size, patience=self.patience * epochs // _EPOCHS)


def as_bounds(asked: Any) -> AskedBounds:
    """Return bounds that a user gives: "auto", None, or a pair of numbers that rise, each of which may be None.

    Raises:
        ConfigError: they are something else.
    """
    if asked is None:
        return None
    if isinstance(asked, str) and asked == "auto":
        return "auto"
    pair = tuple(asked) if isinstance(asked, tuple | list) else ()
    numbers = [each for each in pair if each is not None]
    known = len(pair) == 2 and all(isinstance(each, int | float) and math.isfinite(each) for each in numbers)
    if not known or (len(numbers) == 2 and numbers[0] >= numbers[1]):
        raise ConfigError(
            expected='bounds "auto", None, or a lower and an upper one such as (0, None)',
            found=repr(asked),
            argument="bounds",
        )
    low, high = (None if each is None else float(each) for each in pair)
    return low, high
