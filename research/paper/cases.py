"""The cases of the tables: data, factors, cut and the settings of one fit; the only home of these settings."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from divecast import datasets
from divecast.config import CodeConfig, DecoderConfig, EncoderConfig, LossConfig, ModelConfig, TrainingConfig
from divecast.data import ByGroup, ByTime, Calendar, Factor, Label, Panel, Recordings, Split
from divecast.errors import ConfigError, DataError
from research.paper.eia import ZONE, read_eia
from research.paper.electricity import read_electricity
from research.paper.gait import has_gait, read_gait
from research.paper.gaitmotion import gaitmotion_files, read_gaitmotion

N_STRIDE_BINS = 14


@dataclass(frozen=True, eq=False, slots=True)
class Settings:
    """Settings of one fit, as ``DeepDIVE`` takes them."""

    model: ModelConfig
    training: TrainingConfig
    losses: LossConfig


@dataclass(frozen=True, eq=False, slots=True)
class Case:
    """A data set with everything a fit on it needs.

    Attributes:
        name: as ``CASES`` has it.
        about: one line: which data, how many channels and rows, what differs from the paper.
        data: panel or recordings, labels included.
        factors: what owns a block of b.
        split: how to cut.
        horizon: steps ahead.
        lookback: steps of the window.
        steps: horizon steps to report.
        settings: of the full model.
        every: score every so many origins.
    """

    name: str
    about: str
    data: Panel | Recordings
    factors: tuple[Factor, ...]
    split: Split
    horizon: int
    lookback: int
    steps: tuple[int, ...]
    settings: Settings
    every: int


def load_case(name: str, path: str | Path | None = None, seed: int = 0, quick: bool = False) -> Case:
    """Load a case.

    Args:
        name: one of ``CASES``.
        path: file or folder of the data; ``motion`` ships with the package and needs none.
        seed: of the run; chooses the people held out in ``motion`` and ``gait-people``, nothing elsewhere.
        quick: fewer channels, windows and passes, for a trial of the machinery.

    Raises:
        ConfigError: there is no case of that name, or it needs a path and got none.
        DataError: the data at ``path`` are not what the case expects.
    """
    if name not in _LOADERS:
        raise ConfigError(f"expected one of the cases {', '.join(CASES)}, got {name!r}")
    return _LOADERS[name](None if path is None else Path(path), seed, quick)


def _eia(path: Path | None, _seed: int, quick: bool) -> Case:
    panel, about = read_eia(_need(path, "eia"), n_series=4 if quick else 24)
    return _hourly("eia", panel, f"{about}; the first two years of 4 series" if quick else about, ZONE, quick)


def _electricity(path: Path | None, _seed: int, quick: bool) -> Case:
    panel, about = read_electricity(_need(path, "electricity"))
    panel = panel.select(panel.channels[:4]) if quick else panel
    return _hourly("electricity", panel, f"{about}; the first two years of 4 clients" if quick else about, None, quick)


def _hourly(name: str, panel: Panel, about: str, tz: str | None, quick: bool) -> Case:
    factors = (Calendar("hour", tz=tz), Calendar("weekday", tz=tz), Calendar("month", tz=tz))
    training = replace(HOURLY.training, epochs=2, window_stride=25) if quick else HOURLY.training
    return Case(
        name=name,
        about=f"{about}; windows start every {training.window_stride} hours in training, {_passes(training)}",
        data=panel.rows(0, _TWO_YEARS) if quick else panel,
        factors=factors,
        split=ByTime(3, 1, 1),
        horizon=24,
        lookback=168,
        steps=(3, 6, 12, 24),
        settings=replace(HOURLY, model=_SMALL if quick else HOURLY.model, training=training),
        every=25 if quick else 5,
    )


def _motion(path: Path | None, seed: int, quick: bool) -> Case:
    if path is not None:
        raise ConfigError("motion ships with the package; leave --data out")
    recordings = datasets.load("motion")
    split = _held_out("subject", recordings, seed)
    training = TrainingConfig(epochs=5, window_stride=50, batch_size=64, learning_rate=4e-3)
    training = replace(training, epochs=1, window_stride=200) if quick else training
    return Case(
        name="motion",
        about=(
            f"watch at the wrist, {len(recordings.names)} recordings of 10 people, 6 channels, 50 Hz, windows every "
            f"{training.window_stride} rows in training, {_passes(training)}; {_about_held_out(split)}"
        ),
        data=recordings,
        factors=(Label("exercise"), Label("side")),
        split=split,
        horizon=25,
        lookback=250,
        steps=(1, 5, 10, 25),
        settings=Settings(_SMALL if quick else _MOTION, training, LossConfig()),
        every=100 if quick else 25,
    )


def _gait(path: Path | None, _seed: int, quick: bool) -> Case:
    where = _need(path, "gait")
    if not has_gait(where) and gaitmotion_files(where):
        recordings, about = read_gaitmotion(where)
        names = "gait_type", "stride_length"
    else:
        recordings, about = read_gait(where)
        names = "condition", "stride_time"
    # Stopped by all losses: the forecast is as good as it gets long before the reconstruction has begun.
    training = TrainingConfig(
        epochs=10, patience=10, monitor="total", window_stride=200, batch_size=64, learning_rate=6e-3
    )
    if quick:
        recordings, about = recordings.select(recordings.channels[:2]), f"{about}, two of them"
        training = replace(training, epochs=1, window_stride=800)
    return Case(
        name="gait",
        about=f"{about}, windows every {training.window_stride} rows in training, {_passes(training)}",
        data=recordings,
        factors=(Label(names[0]), Label(names[1], "ordered", bins=N_STRIDE_BINS)),
        split=ByTime(8, 1, 1),
        horizon=800,
        lookback=1000,
        steps=(1, 100, 400, 800),
        settings=Settings(_SMALL_GAIT if quick else _GAIT, training, LossConfig()),
        every=500 if quick else 100,
    )


def _gait_people(path: Path | None, seed: int, quick: bool) -> Case:
    case = _gait(_need(path, "gait-people"), seed, quick)
    split = _held_out("participant", case.data, seed)
    return replace(case, name="gait-people", about=f"{case.about}; {_about_held_out(split)}", split=split)


def _held_out(group: str, data: Panel | Recordings, fold: int) -> ByGroup:
    """Two groups for validation and the next two for the test, others with every fold; training needs one more."""
    groups = sorted(set(data.labels[group]))
    if len(groups) < 5:
        raise DataError(
            f"expected at least 5 values of {group}, two each for validation and test and one or more for training, "
            f"got {len(groups)}: {groups}; add recordings of others, or use a case that is cut by time"
        )
    chosen = [groups[(2 * fold + at) % len(groups)] for at in range(4)]
    return ByGroup(group, valid=tuple(chosen[:2]), test=tuple(chosen[2:]))


def _about_held_out(split: ByGroup) -> str:
    return f"people {', '.join(split.test)} held out as test, {', '.join(split.valid)} for validation"


def _passes(training: TrainingConfig) -> str:
    return "1 pass" if training.n_epochs == 1 else f"{training.n_epochs} passes"


def _need(path: Path | None, name: str) -> Path:
    if path is None:
        raise ConfigError(f"the case {name!r} needs its data: give --data PATH")
    if not path.exists():
        raise DataError(f"expected data of the case {name!r}, found nothing at {path}")
    return path


_TWO_YEARS = 2 * 8784
# The tables compare arms, so the linear path all share is the plain one, and beside it is the ridge it starts from.
_PLAIN = DecoderConfig(linear="ridge", standardise=False, shrink=False, cycles=False)
# The paper's forecaster reads a as well.
_CODE = CodeConfig(forecaster="code")
# Smaller than the defaults, so that ten runs of every arm take a night on two cores.
HOURLY = Settings(
    model=ModelConfig(
        EncoderConfig(channel_dropout=0.2),
        _CODE,
        replace(_PLAIN, token_width=32, width=96, depth=1, dropout=0.15),
    ),
    # A stride that shares no divisor with the 168 hours of a week, or some hour would never be seen.
    training=TrainingConfig(epochs=6, window_stride=5, learning_rate=4e-3),
    losses=LossConfig(),
)
"""Settings of the full model on hourly panels."""
# Arms without a have no movement, and all arms share one decoder.
_LEAN = replace(_PLAIN, movement=False, token_width=32, width=64, depth=1, n_loadings=8, channel_features=8)
# Windows are few for a regression on all of their rows, of 1000 rows above all: hence the penalties.
_MOTION = ModelConfig(EncoderConfig(width=64, dropout=0.2), _CODE, replace(_LEAN, ridge_penalty=0.01))
_GAIT = ModelConfig(
    EncoderConfig(width=64, dropout=0.0),
    _CODE,
    replace(_LEAN, token_width=128, n_loadings=16, dropout=0.0, ridge_penalty=10.0),
)
_SMALL = ModelConfig(
    EncoderConfig(n_mixtures=4, time_features=16, width=32),
    replace(_CODE, n_conditional=4),
    replace(_PLAIN, token_width=16, n_heads=2, width=32, depth=1, n_loadings=4, channel_features=4),
)
_SMALL_GAIT = replace(_SMALL, decoder=replace(_SMALL.decoder, ridge_penalty=10.0))
_LOADERS: dict[str, Callable[[Path | None, int, bool], Case]] = {
    "eia": _eia,
    "electricity": _electricity,
    "gait": _gait,
    "gait-people": _gait_people,
    "motion": _motion,
}
CASES = tuple(_LOADERS)
