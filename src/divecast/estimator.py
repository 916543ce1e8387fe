"""DeepDIVE: the model a user fits, asks and saves."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
import torch

from divecast._device import own_random_state, pick_device
from divecast.config import LossConfig, ModelConfig, TrainingConfig
from divecast.data import ByTime, Factor, Part, Source, Split, Windows, as_factors
from divecast.data import split as cut
from divecast.data.labels.class_names import class_place
from divecast.errors import ConfigError, DataError, NotFittedError
from divecast.explain.methods import Explaining
from divecast.fit.fit_model import FitPlan, split_of
from divecast.fit.launch import Job, Machines, Strategy, fit_on
from divecast.inference.evaluation import Evaluation, evaluate_windows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.forecasting import Forecasting, check_at_least
from divecast.inference.predict import (
    LabelMode,
    PartName,
    encode_windows,
    infer_window_labels,
    pool_recordings,
    reconstruct_windows,
    sample_prior,
    windows_of,
)
from divecast.inference.results import Codes, Labels, Reconstruction, Samples
from divecast.train.callbacks import Callback, ProgressBar
from divecast.train.history import EpochRecord, History
from divecast.train.loop import Checkpointing, Probe

Room = TypeVar("Room", ModelConfig, TrainingConfig, LossConfig)


class DeepDIVE(Forecasting, Explaining):
    """Disentangled variational forecaster (Wong et al. 2025, arXiv 2501.08710, with the choices the docs list).

    Data are a ``Panel``, ``Recordings``, or what ``as_panel`` takes: a pandas, polars or pyarrow table, or a path.

    Args:
        horizon: steps ahead.
        lookback: steps of the window.
        factors: labels that own a block of b each: a calendar name ("hour", "weekday", "month" ...), a label column,
            or a ``Calendar`` or ``Label`` that says more. None makes it a plain VAE forecaster.
        model: sizes of the network.
        training: the optimisation.
        losses: weights of the loss terms.
        seed: of every random draw; the same seed on the same machine gives the same model bit for bit.
        device: ``cpu``, ``cuda``, ``mps``, or ``auto`` for the quickest there is.

    Raises:
        ConfigError: a setting is out of range.
    """

    def __init__(  # noqa: PLR0913  one argument per room of settings
        self,
        horizon: int,
        lookback: int,
        factors: Sequence[str | Factor] = (),
        *,
        model: ModelConfig | None = None,
        training: TrainingConfig | None = None,
        losses: LossConfig | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        check_at_least(1, horizon=horizon, lookback=lookback)
        check_at_least(0, seed=seed)
        self._plan = FitPlan(
            horizon=horizon,
            lookback=lookback,
            factors=as_factors(factors),
            model=_room(ModelConfig, model),
            training=_room(TrainingConfig, training),
            losses=_room(LossConfig, losses),
            seed=seed,
        )
        self._device = pick_device(device)
        self._fitted: FittedModel | None = None

    def fit(  # noqa: PLR0913  the data, and what goes on beside the fit
        self,
        data: Any,
        split: Split | None = None,
        *,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        callbacks: Sequence[Callback] = (),
        probe: Probe | None = None,
        progress: bool = True,
        devices: int = 1,
        nodes: int = 1,
        strategy: Strategy = "auto",
    ) -> "DeepDIVE":
        """Fit on the training part; the validation part says when to stop and calibrates the intervals.

        Args:
            data: what to fit on.
            split: how to cut it; by default ``ByTime(3, 1, 1)``.
            checkpoint: file to write the state of the fit to, now and then and on Ctrl-C.
            resume: go on from that file if it is there; ends with the weights of an unbroken fit.
            callbacks: watchers.
            probe: looks at gradients, such as ``divecast.train.conflict.probe.ConflictProbe``; the model is the same.
            progress: show a progress bar.
            devices: processes on this machine, each with a device of its own, that share every batch; on the CPU they
                share its cores. They read one memory map of the data. Needs ``divecast[distributed]``.
            nodes: machines, each with as many; the fit is started on each. Under ``torchrun`` leave both out.
            strategy: ``auto`` starts the other processes; ``ddp`` is lightning-fabric's launcher, that runs the script
                once for each.

        Raises:
            DataError: the data cannot be used; the message says why and how to mend it.
            ArtifactError: the checkpoint is of another fit, damaged or cannot be written.
            RankError: another process of the fit is gone.
            KeyboardInterrupt: Ctrl-C, after a checkpoint.
        """
        if resume and checkpoint is None:
            raise ConfigError("resume=True needs the checkpoint= it should go on from")
        keep = None if checkpoint is None else Checkpointing(Path(checkpoint), resume=resume)
        watchers = (*callbacks, ProgressBar()) if progress else tuple(callbacks)
        job = Job(split or ByTime(), self._plan, keep)
        self._fitted = fit_on(Machines(devices, nodes, strategy), data, job, self._device, (watchers, probe))
        return self

    def encode(self, data: Any, part: PartName = "all", every: int = 1) -> Codes:
        """Infer the code of every ``every``-th window from the window alone: a, b and class probabilities."""
        return encode_windows(*self._windows(data, part, "encode", every))

    def infer_labels(
        self, data: Any, part: PartName = "all", by: Literal["window", "recording"] = "window", every: int = 1
    ) -> Labels:
        """Read the labels of every ``every``-th window, or of every recording by these, from the data alone."""
        if by not in ("window", "recording"):
            raise ConfigError(f'by must be "window" or "recording", got {by!r}')
        fitted, windows = self._windows(data, part, "encode", every)
        labels = infer_window_labels(fitted, windows)
        return pool_recordings(labels, windows.segments) if by == "recording" else labels

    def reconstruct(self, data: Any, part: PartName = "all", every: int = 1) -> Reconstruction:
        """Give every ``every``-th window back through its code alone, in original units."""
        return reconstruct_windows(*self._windows(data, part, "encode", every))

    def sample(self, n: int, classes: dict[str, str] | None = None, *, noise: bool = True, seed: int = 0) -> Samples:
        """Draw windows and their futures from the prior.

        Args:
            n: number of draws.
            classes: class of a factor by name, e.g. ``{"weekday": "Sun"}``; others are drawn by their frequency.
            noise: draw from the likelihoods; else give their means.
            seed: of the draws.
        """
        check_at_least(1, n=n)
        check_at_least(0, seed=seed)
        if not isinstance(classes, Mapping | None):
            raise ConfigError(f'expected classes by factor, such as {{"weekday": "Sun"}}, got {classes!r}')
        fitted, asked = self._need_fitted(), dict(classes or {})
        generator, columns, names = np.random.default_rng(seed), [], {}
        for vocabulary in fitted.vocabularies:
            name = asked.pop(vocabulary.name, None)
            label = None if name is None else class_place(vocabulary.name, vocabulary.classes, name)
            shares = np.array(vocabulary.frequencies)
            drawn = generator.choice(len(shares), n, p=shares / shares.sum())
            codes = drawn if label is None else np.full(n, label)
            columns.append(torch.from_numpy(codes))
            names[vocabulary.name] = np.array(vocabulary.classes, dtype=object)[codes]
        if asked:
            raise ConfigError(f"expected factors of the model {list(names)}, got {list(asked)}")
        labels = torch.stack(columns, dim=1) if columns else torch.empty(n, 0, dtype=torch.int64)
        with own_random_state(seed):
            x, y = sample_prior(fitted, labels.to(self._device), noise)
        return Samples(fitted.channels, x, y, names, "numpy")

    def evaluate(
        self,
        data: Any,
        part: PartName = "test",
        *,
        labels: LabelMode = "known",
        baselines: bool = True,
        every: int = 1,
    ) -> Evaluation:
        """Score forecasts from every possible origin, each row of the part a target at every step, beside baselines.

        Args:
            data: the data of the fit for a part of it; any data for ``all``.
            part: which rows are targets.
            labels: as in ``forecast``.
            baselines: also score last value, seasonal naive and per-channel ridge on the same windows.
            every: score every ``every``-th origin only.
        """
        fitted, windows = self._windows(data, part, "score", every)
        return evaluate_windows(fitted, windows, labels, baselines)

    def save(self, path: str | Path) -> None:
        """Write the fitted model to one file (safetensors and JSON, no pickle), whole or not at all."""
        self._need_fitted().save(Path(path))

    def export(self, path: str | Path, levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95)) -> None:
        """Write one graph with scaling, forecast and code, ``.onnx`` or ``.pt2``."""
        from divecast.inference.export import export_model

        export_model(self._need_fitted(), Path(path), levels)

    @classmethod
    def load(cls, path: str | Path, device: str = "cpu") -> "DeepDIVE":
        """Read a saved model; the data are not needed.

        Raises:
            ArtifactError: no such file, foreign, of a newer divecast, cut short or damaged.
        """
        chosen = pick_device(device)
        fitted = FittedModel.load(Path(path), chosen)
        model = cls.__new__(cls)
        model._plan, model._device, model._fitted = FitPlan.of(fitted), chosen, fitted
        return model

    @classmethod
    def of(cls, plan: FitPlan, device: str = "cpu") -> "DeepDIVE":
        """Return a model that is not fitted, with the settings of a plan."""
        return cls(
            plan.horizon,
            plan.lookback,
            plan.factors,
            model=plan.model,
            training=plan.training,
            losses=plan.losses,
            seed=plan.seed,
            device=device,
        )

    @property
    def plan(self) -> FitPlan:
        """All settings of the fit."""
        return self._plan

    @property
    def device(self) -> torch.device:
        """Where the model runs."""
        return self._device

    @property
    def history(self) -> History:
        """The passes of the fit."""
        return History(tuple(EpochRecord(**plain) for plain in self._need_fitted().about["history"]))

    def info(self) -> dict[str, Any]:
        """Return what the model is, as JSON values: data, settings, classes, size."""
        fitted = self._need_fitted()
        return {
            "horizon": fitted.shape.horizon,
            "lookback": fitted.shape.lookback,
            "channels": list(fitted.channels),
            "frequency": fitted.frequency,
            "factors": {v.name: {"kind": v.kind, "classes": list(v.classes)} for v in fitted.vocabularies},
            "block_sizes": fitted.network.marginal.block_sizes,
            "weights": sum(p.numel() for p in fitted.network.state_dict().values()),
            "model": asdict(fitted.config),
            **fitted.about,
        }

    def _need_fitted(self) -> FittedModel:
        if self._fitted is None:
            raise NotFittedError("this DeepDIVE is not fitted yet; call fit(data), or DeepDIVE.load(path)")
        return self._fitted

    def _windows(
        self, data: Any, part: PartName, role: Literal["score", "encode"], every: int
    ) -> tuple[FittedModel, Windows]:
        check_at_least(1, every=every)
        fitted = self._need_fitted()
        source = fitted.source(data)
        windows = windows_of(fitted, source, self._part(fitted, source, part), role)
        return fitted, windows.subset(slice(None, None, every))

    def _part(self, fitted: FittedModel, source: Source, part: PartName) -> Part | None:
        if part == "all":
            return None
        if part not in ("train", "valid", "test"):
            raise ConfigError(f'part must be "train", "valid", "test" or "all", got {part!r}')
        if source.fingerprint() != fitted.about["fingerprint"]:
            raise DataError(
                f"the {part} part belongs to the data the model was fitted on, and these are other data; "
                'give those, or part="all"'
            )
        chosen: Part = getattr(cut(source, split_of(fitted)), part)
        if not chosen.n_rows:
            raise ConfigError(f"the split of the fit ({split_of(fitted)}) has no {part} part; choose another")
        return chosen


def _room(kind: type[Room], given: Room | None) -> Room:
    if given is not None and not isinstance(given, kind):
        raise ConfigError(f"expected a {kind.__name__}, got {given!r}")
    return given or kind()
