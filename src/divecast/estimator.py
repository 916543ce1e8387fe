"""DeepDIVE, the estimator: fit, forecast, explain, save."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Self, cast, get_args

from divecast._device import pick_device
from divecast._optional import need
from divecast._text import visible
from divecast.config import (
    AskedBounds,
    LossConfig,
    ModelConfig,
    SeriesMode,
    TrainingConfig,
    as_bounds,
    check_at_least,
    check_choice,
)
from divecast.data import Covariate, Factor, Label, Split, as_covariates, as_factors, as_name, read_source
from divecast.data.describe import described
from divecast.errors import ConfigError, NotFittedError
from divecast.explain.methods import Explaining
from divecast.fit.add_factor import add_factor
from divecast.fit.fit_model import FitRequest
from divecast.fit.launch import Machines, fit_on, is_first_process
from divecast.fit.parameters import in_code, nested, with_setting
from divecast.fit.proposals.proposal import FactorProposal
from divecast.fit.proposals.propose import ProposalSettings, propose_factor
from divecast.fit.update import update_model
from divecast.inference.evaluation import Evaluation, evaluate_windows
from divecast.inference.fitted_model import FittedModel, PartName
from divecast.inference.forecasting import Forecasting
from divecast.inference.model_file import read_model, write_model
from divecast.inference.observe import Observation, observe
from divecast.inference.predict import (
    LabelMode,
    pool_recordings,
    reconstruct_windows,
)
from divecast.inference.provenance import FitPlan
from divecast.inference.results import Codes, Labels, Reconstruction, Samples
from divecast.inference.results.ensemble import LEVELS
from divecast.inference.sample import sample_windows
from divecast.inference.unlike import warn_of_unlike
from divecast.inference.with_added import encode_all, infer_all_labels
from divecast.train.callbacks import Callback, ProgressBar
from divecast.train.history import History
from divecast.train.loop import Checkpointing, Probe
from divecast.train.trackers import tracked

LabelUnit = Literal["window", "recording"]
_GROUPS = {"model": ModelConfig, "training": TrainingConfig, "losses": LossConfig}
_PARAMETERS = (
    "horizon",
    "lookback",
    "factors",
    "covariates",
    "model",
    "training",
    "losses",
    "seed",
    "device",
    "series",
    "bounds",
)


class DeepDIVE(Forecasting, Explaining):
    """Disentangled variational forecaster of many time series (Wong et al. 2025, arXiv 2501.08710).

    docs/method.md lists where this implementation departs from the paper.

    Args:
        horizon: number of steps to forecast.
        lookback: number of steps of the window that the model reads; None for a week (four weeks of daily data, two
            seasons of longer steps, two horizons and at least 16 rows of recordings), at least a horizon, or what short
            data can afford, as told by a DataWarning.
        factors: factors, each with its own block of b: the name of a calendar factor (``"hour"``, ``"weekday"``,
            ``"month"`` ...), the name of a label column, or a ``Calendar`` or ``Label`` with more settings. Leave empty
            for a plain VAE forecaster.
        covariates: numeric columns beside the target that help to forecast: names, or ``Covariate`` with more settings
            (``known_ahead=False`` for what no one knows of the future, ``per_series=True``). Panels only.
        model: settings of the network; None for the defaults.
        training: settings of the optimisation; None for the defaults.
        losses: weights of the loss terms; None for the defaults.
        seed: random seed; the same seed on the same machine gives the same model bit for bit.
        device: ``cpu``, ``cuda``, ``mps``, or ``auto`` for the fastest available.
        series: ``"joint"`` forecasts all series of a panel together, from a window of all; ``"independent"`` each from
            its own past, by one network for all: of any length, start and end, and also series that the fit did not
            see. ``"auto"`` chooses independent ones for a panel in which many series start late or end early, and a
            DataWarning says so.
        bounds: what forecasts do not exceed, in the units of the data: ``(low, high)`` with None for no bound, None for
            none at all, or ``"auto"``: 0 below, for each series that never was lower in the training part.

    Raises:
        ConfigError: a setting is out of range.

    Example:
        >>> panel = datasets.load("loads").rows(0, 1680)
        >>> model = DeepDIVE(horizon=24, lookback=48, factors=["hour", "weekday"], training=TrainingConfig(epochs=1))
        >>> model
        DeepDIVE(horizon=24, lookback=48, factors=['hour', 'weekday'], training=TrainingConfig(epochs=1))
        >>> model.is_fitted
        False
    """

    def __init__(  # noqa: PLR0913  one argument per group of settings
        self,
        horizon: int,
        lookback: int | None = None,
        factors: Sequence[str | Factor] = (),
        *,
        covariates: Sequence[str | Covariate] = (),
        model: ModelConfig | None = None,
        training: TrainingConfig | None = None,
        losses: LossConfig | None = None,
        seed: int = 0,
        device: str = "cpu",
        series: SeriesMode = "auto",
        bounds: AskedBounds = "auto",
    ) -> None:
        # Stored unchanged, as scikit-learn's clone expects; ``plan`` has them with the defaults filled in.
        self.horizon = horizon
        self.lookback = lookback
        self.factors = factors
        self.covariates = covariates
        self.model = model
        self.training = training
        self.losses = losses
        self.seed = seed
        self.device = device
        self.series = series
        self.bounds = bounds
        self._fitted: FittedModel | None = None
        self._check_parameters()

    @classmethod
    def from_plan(cls, plan: FitPlan, device: str = "cpu") -> Self:
        """Return an unfitted estimator with the settings of a plan; a group with its defaults is None.

        Example:
            >>> DeepDIVE.from_plan(DeepDIVE(24, 48, ["hour"]).plan)
            DeepDIVE(horizon=24, lookback=48, factors=['hour'])
        """
        groups = {name: getattr(plan, name) for name in _GROUPS}
        changed = {name: value for name, value in groups.items() if value != _GROUPS[name]()}
        factors = [as_name(factor) for factor in plan.factors]
        covariates = [each.name if each == Covariate(each.name) else each for each in plan.covariates]
        return cls(
            plan.horizon,
            plan.lookback or None,
            factors,
            covariates=covariates,
            seed=plan.seed,
            device=device,
            series=plan.series,
            bounds=plan.bounds,
            **changed,
        )

    @classmethod
    def load(cls, path: str | Path, device: str = "cpu") -> Self:
        """Load a saved model; it needs no data of the fit.

        Args:
            path: file that ``save`` wrote.
            device: as in the constructor.

        Raises:
            ArtifactError: the file is missing, truncated, damaged, of another kind or from a newer divecast.

        Example:
            >>> model.save(folder / "model.safetensors")
            >>> DeepDIVE.load(folder / "model.safetensors").is_fitted
            True
        """
        fitted = read_model(Path(path), pick_device(device))
        model = cls.from_plan(fitted.provenance.plan, device)
        model._fitted = fitted
        return model

    def save(self, path: str | Path) -> None:
        """Save the fitted model to one file (safetensors and JSON, no pickle) atomically.

        Args:
            path: the file.

        Raises:
            NotFittedError: the model is not fitted.
            ArtifactError: the file cannot be written.

        Example:
            >>> model.save(folder / "model.safetensors")
        """
        write_model(self.fitted_model, Path(path))

    def save_pretrained(self, folder: str | Path, data: Any = None, **card: Any) -> None:
        """Write the model and a model card into a folder, as ``from_pretrained`` and the Hugging Face Hub read it.

        Args:
            folder: the folder; made if it does not exist.
            data: the data of the fit, whose test part is scored for the card; None for a card without scores.
            **card: ``name`` and ``license`` of the model, and a ``note`` of what it is for.

        Raises:
            NotFittedError: the model is not fitted.
            ConfigError: huggingface_hub is not installed (``divecast[hub]``).
            DataError: the data are not those of the fit.
            ArtifactError: the folder cannot be written to.

        Example:
            >>> model.save_pretrained(folder / "loads", license="odbl", note="Loads of a town.")
            >>> sorted(path.name for path in (folder / "loads").iterdir())
            ['README.md', 'model.safetensors']
        """
        import_module("divecast.interfaces.hub").save_pretrained(self, folder, data, **card)

    @classmethod
    def from_pretrained(cls, name: str | Path, device: str = "cpu", **options: Any) -> Self:
        """Load a model from a folder that ``save_pretrained`` wrote, or from a repository of the Hugging Face Hub.

        Args:
            name: the folder, or ``OWNER/NAME`` of the repository (needs ``divecast[hub]``).
            device: as in the constructor.
            **options: arguments of ``huggingface_hub.hf_hub_download``, such as ``revision`` and ``token``.

        Raises:
            ArtifactError: there is no such folder or repository, or its file is damaged or from a newer divecast.
            ConfigError: huggingface_hub is not installed, or options are given for a folder.

        Example:
            >>> model.save_pretrained(folder / "loads")
            >>> DeepDIVE.from_pretrained(folder / "loads").is_fitted
            True
        """
        model: Self = import_module("divecast.interfaces.hub").from_pretrained(cls, name, device, **options)
        return model

    def push_to_hub(
        self, repo_id: str, data: Any = None, *, card: Mapping[str, Any] | None = None, **upload: Any
    ) -> str:
        """Upload the model and its card to a repository of the Hugging Face Hub, which is made if it does not exist.

        Args:
            repo_id: ``OWNER/NAME``.
            data: as in ``save_pretrained``.
            card: what ``save_pretrained`` takes for the card.
            **upload: ``token``, ``private``, ``endpoint``, or arguments of ``huggingface_hub.HfApi.upload_folder``,
                such as ``commit_message``, ``revision`` and ``create_pr``.

        Returns:
            Address of the commit.

        Raises:
            NotFittedError, DataError: as in ``save_pretrained``.
            ConfigError: huggingface_hub is not installed.
            ArtifactError: the hub refuses the upload, or cannot be reached.

        Example:
            >>> model.push_to_hub("me/loads", panel, private=True)  # doctest: +SKIP
        """
        pushed: str = import_module("divecast.interfaces.hub").push_to_hub(
            self, repo_id, data, upload, dict(card or {})
        )
        return pushed

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the settings by name, as estimators of scikit-learn do.

        Args:
            deep: also return the settings within ``model``, ``training`` and ``losses``, such as ``training__epochs``.

        Example:
            >>> model.get_params()["training__learning_rate"]
            0.006
        """
        parameters = {name: getattr(self, name) for name in _PARAMETERS}
        if deep:
            for group, kind in _GROUPS.items():
                settings = parameters[group] or kind()
                parameters |= {f"{group}__{name}": value for name, value in nested(settings).items()}
        return parameters

    def set_params(self, **parameters: Any) -> Self:
        """Change settings by name; they apply to the next fit.

        Args:
            **parameters: settings by name; those within a group by nested name, such as ``training__epochs=3``.

        Returns:
            The estimator itself.

        Raises:
            ConfigError: there is no such setting, or a value is out of range. No setting is changed in this case.

        Example:
            >>> DeepDIVE(24, 168).set_params(lookback=336, training__epochs=3)
            DeepDIVE(horizon=24, lookback=336, training=TrainingConfig(epochs=3))
        """
        current = self.get_params(deep=False)
        for name, value in sorted(parameters.items(), key=lambda pair: "__" in pair[0]):
            head, _, rest = name.partition("__")
            if head not in _PARAMETERS or (rest and head not in _GROUPS):
                raise ConfigError(
                    f"DeepDIVE has no setting {name!r}", hint=f"Choose one of {', '.join(_PARAMETERS)}", argument=name
                )
            current[head] = with_setting(current[head] or _GROUPS[head](), rest, value) if rest else value
        type(self)(**current)  # checks all settings before any is changed
        for name, value in current.items():
            setattr(self, name, value)
        return self

    @property
    def plan(self) -> FitPlan:
        """All settings of the fit, with defaults filled in."""
        groups = {name: getattr(self, name) or kind() for name, kind in _GROUPS.items()}
        return FitPlan(
            self.horizon,
            self.lookback or 0,
            as_factors(self.factors),
            as_covariates(self.covariates),
            seed=self.seed,
            series=self.series,
            bounds=as_bounds(self.bounds),
            **groups,
        )

    @property
    def is_fitted(self) -> bool:
        """Whether the model is fitted."""
        return self._fitted is not None

    @property
    def fitted_model(self) -> FittedModel:
        """The fitted model: network, scales, classes, calibration and provenance.

        Raises:
            NotFittedError: the model is not fitted.
        """
        if self._fitted is None:
            raise NotFittedError("This DeepDIVE is not fitted yet", hint="Call fit(data), or DeepDIVE.load(path)")
        return self._fitted

    @property
    def history(self) -> History:
        """Losses of the fit by epoch."""
        return self.fitted_model.provenance.history

    def fit(  # noqa: PLR0913  options of one call
        self,
        data: Any,
        split: Split | None = None,
        *,
        checkpoint: str | Path | None = None,
        resume: bool = False,
        refit: bool = False,
        callbacks: Sequence[Callback] = (),
        probe: Probe | None = None,
        progress: bool = True,
        devices: int = 1,
        nodes: int = 1,
        static: Any = None,
        known: Any = None,
        id: str | Sequence[str] | None = None,  # noqa: A002  as in Panel.from_long
        time: str | None = None,
        value: str | None = None,
        tz: str | None = None,
    ) -> Self:
        """Fit on the training part; the validation part is used for early stopping and to calibrate the intervals.

        Args:
            data: a ``Panel``, ``Recordings``, a pandas, polars or pyarrow table, or a path.
            split: how to split the rows into training, validation and test part; by default ``ByTime(3, 1, 1)``, or
                what short data can afford, as told by a DataWarning; ``ByRecording()`` for recordings in which a class
                occurs at the end alone.
            checkpoint: file for the state of the fit, written regularly and on Ctrl-C.
            resume: whether to resume from the checkpoint, if it exists; the weights are those of an uninterrupted fit.
            refit: whether to fit once more, on all rows, also those of the validation and test part, with the number of
                passes that validation has chosen and the intervals of the first fit (docs/production.md). This is the
                model for new data; to measure one, leave it out. The checkpoint of the second fit is a file beside
                the first one that ends in ``.refit``.
            callbacks: called after each step and epoch; trackers (``divecast.train.MLflowTracker``) learn settings and
                model, too (docs/experiments.md).
            probe: measures gradients during the fit, such as ``divecast.train.conflict.probe.ConflictProbe``; it does
                not change the model.
            progress: whether to show a progress bar.
            devices: number of devices of this machine; each has its own process and a share of every batch. CPU
                processes share the cores. lightning-fabric runs the calling script once more for each further device,
                unless ``torchrun`` or SLURM started the processes. Needs ``divecast[distributed]``.
            nodes: number of machines, with ``devices`` each; start the script on each of them. Omit ``devices`` and
                ``nodes`` under ``torchrun``.
            static: facts of the series of a panel, such as its area or region: a table, or the path of one, with one
                row per series.
            known: labels and covariates that the data lack: a second table, or the path of one, by time or by time and
                series, as in ``divecast.data.read_source``.
            id: column that names the series of a long table, or several that do so together.
            time: column of time stamps.
            value: column of the values of a long table.
            tz: time zone of time stamps that name none, and of calendar factors.

        Returns:
            The estimator itself. It remembers how a table was read, and reads others likewise.

        Raises:
            DataError: the data cannot be used.
            ConfigError: the settings do not suit the data.
            ArtifactError: the checkpoint is of another fit, is damaged, or cannot be written.
            RankError: the connection to another process of the fit is lost.
            KeyboardInterrupt: Ctrl-C, after a checkpoint is written.

        Example:
            >>> quick = DeepDIVE(24, 48, ["hour"], training=TrainingConfig(epochs=1, window_stride=11))
            >>> quick.fit(panel, progress=False).is_fitted
            True
        """
        if resume and checkpoint is None:
            raise ConfigError(
                "A fit can only resume from a checkpoint", hint="Pass {checkpoint}", argument="checkpoint"
            )
        told = {"static": static, "known": known, "id": id, "time": time, "value": value, "tz": tz}
        with tracked(self.get_params(), callbacks, is_first_process()) as tracking:
            request = FitRequest(
                split,
                self.plan,
                None if checkpoint is None else Checkpointing(Path(checkpoint), resume=resume),
                (*tracking.callbacks, ProgressBar()) if progress else tracking.callbacks,
                probe,
                refit,
                _say if progress else None,
            )
            if any(each is not None for each in told.values()):
                plan, given = request.plan, data
                data = read_source(data, factors=plan.factors, covariates=plan.covariates, **told)
                if progress and data is not given and is_first_process():
                    names = [factor.name for factor in plan.factors], [covariate.name for covariate in plan.covariates]
                    _say(described(data, *names))
            self._fitted = fit_on(Machines(devices, nodes), data, request, pick_device(self.device))
            tracking.fitted(self)
        return self

    def update(self, data: Any, *, callbacks: Sequence[Callback] = (), progress: bool = True) -> Self:
        """Take in newer rows, in a fraction of the time of a fit (docs/production.md).

        Scales, effects and linear path are solved again on all rows, the network continues from its weights for a few
        passes, and the intervals are calibrated again on the rows that it was not trained on. Series, classes and
        settings stay. No part of the data is held out afterwards, as after ``fit(refit=True)``.

        Args:
            data: a panel, a table or a path: the older rows with the newer ones at their end. The oldest ones may be
                left out.
            callbacks: called after each step and pass.
            progress: whether to show a progress bar.

        Returns:
            The estimator itself; after an error it is as before.

        Raises:
            NotFittedError: the model is not fitted.
            DataError: the data cannot be used, have no newer rows or no older ones, or the model is one of recordings.
            ConfigError: the model is one of independent series.

        Example:
            >>> quick = DeepDIVE(24, 48, ["hour"], training=TrainingConfig(epochs=1, window_stride=11))
            >>> grown = quick.fit(panel.rows(0, 1600), progress=False).update(panel, progress=False)
            >>> grown.fitted_model.provenance.updates[0].n_rows
            1680
        """
        shown = (*callbacks, ProgressBar()) if progress else tuple(callbacks)
        self._fitted = update_model(self.fitted_model, data, shown)
        return self

    def observe(self, data: Any) -> Observation:
        """Take in values that have come, and move the levels of the quantiles where intervals held too few or too many.

        For rolling use between updates, at the cost of forecasts of the new rows. Nothing else of the model changes;
        ``fit`` and ``update`` start anew. Each series and group of steps is moved by its own misses and those of all
        (adaptive conformal inference; docs/uncertainty.md). A saved model keeps the levels.

        Args:
            data: the older rows, at least a look-back, with the newer ones at their end.

        Returns:
            What was observed and how the levels are now.

        Raises:
            NotFittedError: the model is not fitted.
            DataError: the data cannot be used, have no row after the last one that the model knows, or are recordings.
            ConfigError: the model is one of independent series.

        Example:
            >>> grown = DeepDIVE.from_plan(model.plan).fit(panel.rows(0, 1600), progress=False)
            >>> grown.observe(panel).n_rows
            80
        """
        self._fitted, observation = observe(self.fitted_model, data)
        return observation

    def encode(self, data: Any, part: PartName = "all", every: int = 1) -> Codes:
        """Infer the codes of windows from their values alone: a, b and class probabilities.

        Args:
            data: any data for ``all``, the data of the fit for another part.
            part: ``train``, ``valid``, ``test`` or ``all``: the part with the last row of the windows.
            every: use one window in this many.

        Raises:
            NotFittedError: the model is not fitted.
            DataError: the data cannot be used.
            ConfigError: an argument is out of range.

        Example:
            >>> codes = model.encode(panel, part="test")
            >>> codes.factors, codes.a_mean.shape[1]
            (('hour', 'weekday'), 16)
        """
        check_at_least(1, every=every)
        return encode_all(self.fitted_model, self.fitted_model.windows(data, part, "encode", every))

    def infer_labels(self, data: Any, part: PartName = "all", by: LabelUnit = "window", every: int = 1) -> Labels:
        """Infer the labels of windows or recordings from their values alone.

        A recording, or a person or other group of recordings, that is unlike all of the training part is named in a
        warning.

        Args:
            data: as in ``encode``.
            part: as in ``encode``.
            by: ``window`` for labels of windows, ``recording`` for labels of recordings, with the mean class
                probabilities of their windows.
            every: use one window in this many.

        Raises:
            NotFittedError, DataError: as in ``encode``.
            ConfigError: an argument is out of range, or the model infers no labels.

        Example:
            >>> labels = model.infer_labels(panel, part="test")
            >>> sorted(labels.accuracy())
            ['hour', 'weekday']
        """
        check_at_least(1, every=every)
        check_choice(get_args(LabelUnit), by=by)
        windows = self.fitted_model.windows(data, part, "encode", every)
        labels = infer_all_labels(self.fitted_model, windows)
        warn_of_unlike(self.fitted_model, windows)
        return pool_recordings(labels, windows.segments) if by == "recording" else labels

    def add_factor(self, data: Any, labels: str | Label, part: PartName = "all") -> Self:
        """Learn to infer a further label from the windows that have one; some fifty may do (docs/effects.md).

        The label gets a block of its own beside b, with its own prior; its encoder also reads the fitted features of a.
        Neither network nor forecasts change: ``encode`` and ``infer_labels`` have one factor more.

        Args:
            data: data with a column of labels, missing in most rows; of a panel, the label of a window is that of its
                last row.
            labels: the column: its name, or a ``Label`` with more settings.
            part: part of the data whose windows are used; ``all``, or another one of the data of the fit.

        Returns:
            The estimator itself.

        Raises:
            NotFittedError: the model is not fitted.
            DataError: the data cannot be used, or have no window with a label, or only one class.
            ConfigError: the model has a column of this name, the label differs by series, or there is no such part.

        Example:
            >>> shift = np.array([None] * 1680, dtype=object)
            >>> shift[47::30] = np.where(np.arange(47, 1680, 30) % 24 < 12, "early", "late")
            >>> grown = DeepDIVE.from_plan(model.plan).fit(panel, progress=False)
            >>> grown.add_factor(replace(panel, labels={"shift": shift}), "shift").infer_labels(panel, "test").factors
            ('hour', 'weekday', 'shift')
        """
        if not isinstance(labels, str | Label):
            raise ConfigError(
                "The labels to learn are a column of the data",
                expected="its name, or a Label",
                found=type(labels).__name__,
                argument="labels",
            )
        (factor,) = as_factors([labels if isinstance(labels, Label) else Label(labels)])
        self._fitted = add_factor(self.fitted_model, data, cast("Label", factor), part)
        return self

    def propose_factor(
        self,
        data: Any,
        labels: Any,
        *,
        name: str,
        otherwise: str | None = "auto",
        alpha: float = 0.05,
        n_shuffles: int = 199,
    ) -> FactorProposal:
        """Test a labelling that someone proposes, such as "these days were strikes", and keep it if the data tell it.

        The labelling is learned on top of the fitted model, as by ``add_factor``, from the training part, and read on
        windows held out, next to shuffled labellings: labels of rows are moved in time by whole weeks, so that they
        keep hours, weekdays and their clusters; those of recordings are exchanged, within people where the split of the
        fit names these. The rule of the result says when it is kept; forecasts do not change (docs/agents.md).

        A class of a whole series is a fact of it, for which a fitted model has no block: it is measured whether what
        the model has learned of series tells their class, and nothing is kept.

        Args:
            data: as in ``forecast``; for data that are not those of the fit, the last two fifths are held out.
            labels: for a panel spans of time, both ends included and a day as a whole: ``[("2016-06-03",
                "2016-06-16")]``, with a class as third; single days or times; or a table with the column ``start`` or
                ``time``, ``end`` for spans, and a column of classes named as the labelling. For recordings a mapping of
                names to classes, or a table. A mapping of series to classes for facts of series.
            name: name of the labelling.
            otherwise: class of what is not named; None if it is not known, ``auto`` for ``no`` where a single class is
                named, and for unknown else.
            alpha: largest p with which it is kept. With several proposals some are kept by chance: divide it by their
                number.
            n_shuffles: largest number of shuffled labellings.

        Returns:
            What the data say; ``print`` gives it in words. If it is kept, this estimator has the factor.

        Raises:
            NotFittedError: the model is not fitted.
            DataError: the labelling names nothing of the data or a single class, or the data are too short or cannot be
                used.
            ConfigError: the model has a column of this name, or an argument has another form or is out of range.

        Example:
            >>> from copy import copy
            >>> days = [f"2016-0{month}-{day:02d}" for month in (1, 2) for day in range(3, 29, 4)]
            >>> proposal = copy(model).propose_factor(panel, days, name="strike", n_shuffles=20)
            >>> proposal.unit, [each.name for each in proposal.classes]
            ('row', ['no', 'yes'])
        """
        check_at_least(1, n_shuffles=n_shuffles)
        if not 0 < alpha < 1:
            raise ConfigError(expected="a share above 0 and below 1", found=repr(alpha), argument="alpha")
        settings = ProposalSettings(otherwise, alpha, n_shuffles)
        self._fitted, proposal = propose_factor(self.fitted_model, data, labels, name, settings)
        return proposal

    def reconstruct(self, data: Any, part: PartName = "all", every: int = 1) -> Reconstruction:
        """Reconstruct windows from their codes alone, in original units.

        Args:
            data: as in ``encode``.
            part: as in ``encode``.
            every: use one window in this many.

        Raises:
            NotFittedError, DataError, ConfigError: as in ``encode``.

        Example:
            >>> model.reconstruct(panel, part="test", every=50).mean.shape[1:]
            (48, 4)
        """
        check_at_least(1, every=every)
        return reconstruct_windows(self.fitted_model, self.fitted_model.windows(data, part, "encode", every))

    def sample(self, n: int, classes: Mapping[str, str] | None = None, *, noise: bool = True, seed: int = 0) -> Samples:
        """Sample windows and their futures from the prior.

        Each is drawn around the effects of a row whose calendar has the classes of the sample, or most of them where no
        row has all. Covariates are unknown: they have their expected effect, and futures are wider.

        Args:
            n: number of samples.
            classes: class of some factors, such as ``{"weekday": "Sun"}``; those of the other factors are drawn by
                their frequencies, or given the factor that they are coupled with (``CodeConfig(prior="pairs")``).
            noise: whether to sample from the likelihoods, or to take their means.
            seed: random seed.

        Raises:
            NotFittedError: the model is not fitted.
            ConfigError: an argument is out of range, or there is no such factor or class.

        Example:
            >>> model.sample(3, {"weekday": "Sunday"}).y.shape
            (3, 24, 4)
        """
        check_at_least(1, n=n)
        check_at_least(0, seed=seed)
        if not isinstance(classes, Mapping | None):
            raise ConfigError(
                'classes must map factors to classes, such as {"weekday": "Sun"}',
                found=repr(classes),
                argument="classes",
            )
        return sample_windows(self.fitted_model, n, classes or {}, noise, seed)

    def evaluate(  # noqa: PLR0913  options of one call
        self,
        data: Any,
        part: PartName = "test",
        *,
        labels: LabelMode = "known",
        baselines: bool = True,
        every: int = 1,
        n_paths: int = 0,
        adapt: bool = False,
    ) -> Evaluation:
        """Score the forecasts from all forecast origins, and simple forecasters on the same windows.

        Every row of the part is a target at each step of the horizon.

        Args:
            data: any data for ``all``, the data of the fit for another part.
            part: ``train``, ``valid``, ``test`` or ``all``: the part of the targets.
            labels: as in ``forecast``.
            baselines: whether to score last value, seasonal naive and the closed-form ridge, too.
            every: score one forecast origin in this many.
            n_paths: number of sample paths, some hundred, to score totals, peaks and steps together as well: ``joint``
                of the result.
            adapt: whether the quantiles from each origin are those of a model that has observed the values before it,
                as in rolling use with ``observe``; sample paths are not scored so.

        Raises:
            NotFittedError: the model is not fitted.
            DataError: the data cannot be used.
            ConfigError: an argument is out of range.

        Example:
            >>> scores = model.evaluate(panel, every=5)
            >>> list(scores.scores)[:2]
            ['DeepDIVE', 'last value']
        """
        check_at_least(1, every=every)
        check_at_least(0, n_paths=n_paths)
        windows = self.fitted_model.windows(data, part, "score", every)
        return evaluate_windows(self.fitted_model, windows, labels, baselines, n_paths, adapt)

    def score(self, data: Any, y: None = None, *, part: PartName | None = None, every: int = 1) -> float:  # noqa: ARG002
        """Return the negative MASE of the forecasts, as scikit-learn's tools expect of a score: larger is better.

        0 is perfect; above -1 the mean absolute error is smaller than that of seasonal naive one-season-ahead forecasts
        in the training part. It is the mean over all series and steps.

        Args:
            data: as in ``evaluate``.
            y: not used; the targets are in ``data``.
            part: as in ``evaluate``; None for the test part of the data of the fit, and for all rows of other data, as
                in ``sklearn.model_selection.cross_val_score`` with a ``TimeSeriesSplit`` of the rows of a wide table.
            every: score one forecast origin in this many.

        Raises:
            NotFittedError, DataError, ConfigError: as in ``evaluate``.

        Example:
            >>> -1 < model.score(panel, every=5) < 0
            True
        """
        check_at_least(1, every=every)
        source = self.fitted_model.source(data)
        is_fit_data = self.fitted_model.is_fit_data(source)
        windows = self.fitted_model.windows(source, part or ("test" if is_fit_data else "all"), "score", every)
        found = evaluate_windows(self.fitted_model, windows, "known", with_rivals=False)
        return -found.scores["DeepDIVE"].overall()["mase"]

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn's tools ask of an estimator: it needs no separate targets."""
        utils = need("sklearn.utils")
        return utils.Tags(estimator_type=None, target_tags=utils.TargetTags(required=False))

    def export(self, path: str | Path, levels: Sequence[float] = LEVELS) -> None:
        """Export scaling, forecast and code as one graph that runs without divecast and, for ONNX, without torch.

        Args:
            path: file name that ends in ``.onnx`` (needs ``divecast[onnx]``) or ``.pt2``.
            levels: probabilities of the quantiles.

        Raises:
            NotFittedError: the model is not fitted.
            ConfigError: the file name has another ending, a level is out of range, a package is not installed, or the
                model is one of independent series, of counts, or of powers or logarithms.
            DataError: a forecast of the model is not finite.
            ArtifactError: the file cannot be written.

        Example:
            >>> model.export(folder / "model.pt2")
        """
        from divecast.inference.export import export_model

        export_model(self.fitted_model, Path(path), levels)

    def explore_widget(self, data: Any, series: str | None = None) -> Any:
        """Return a widget for notebooks: choose a series, a time and other classes, and see the forecast.

        The kernel computes each forecast as ``forecast`` and ``what_if`` do; nothing is served. Times to choose from
        are the last 500, one horizon apart.

        Args:
            data: as in ``forecast``; at least one window.
            series: the series to begin with; the first if omitted.

        Returns:
            An ``anywidget.AnyWidget``; as the last line of a cell, it is shown. Its ``question`` can also be set.

        Raises:
            NotFittedError: the model is not fitted.
            ConfigError: anywidget is not installed (``divecast[notebook]``), or the model is one of independent series.
            DataError: the data cannot be used, or there is no such series.

        Example:
            >>> model.explore_widget(panel)  # doctest: +SKIP
        """
        return import_module("divecast.explorer.widget").explore_widget(self, data, series)

    def info(self) -> dict[str, Any]:
        """Return a description of the fitted model as JSON values: data, classes, size, settings and history.

        Example:
            >>> model.info()["horizon"]
            24
        """
        fitted = self.fitted_model
        provenance = fitted.provenance.to_json()
        return {
            "horizon": fitted.shape.horizon,
            "lookback": fitted.shape.lookback,
            "channels": list(fitted.series or fitted.channels),
            "plain": list(fitted.plain),
            "frequency": fitted.frequency,
            "factors": {v.name: {"kind": v.kind, "classes": list(v.classes)} for v in fitted.vocabularies},
            "without_effect": list(fitted.without_effect),
            "block_sizes": fitted.network.marginal.block_sizes,
            "weights": sum(p.numel() for p in fitted.network.state_dict().values()),
            "settings": provenance.pop("plan"),
            **provenance,
        }

    def __repr__(self) -> str:
        """Return the estimator as Python code, with the settings that differ from their defaults."""
        named = [f"horizon={self.horizon!r}"]
        optional = {
            "lookback": None,
            "factors": (),
            "covariates": (),
            **dict.fromkeys(_GROUPS),
            "seed": 0,
            "device": "cpu",
        }
        for name, default in optional.items():
            value = getattr(self, name)
            if value not in (default, []):
                named.append(f"{name}={in_code(value)}")
        if self.series != "auto":
            named.append(f"series={self.series!r}")
        if self.bounds != "auto":
            named.append(f"bounds={self.bounds!r}")
        return f"{type(self).__name__}({', '.join(named)})"

    def __dir__(self) -> list[str]:
        """Return the public names and the special methods."""
        return [name for name in super().__dir__() if not name.startswith("_") or name.endswith("__")]

    def _check_parameters(self) -> None:
        check_at_least(1, horizon=self.horizon, **({} if self.lookback is None else {"lookback": self.lookback}))
        check_at_least(0, seed=self.seed)
        for name, kind in _GROUPS.items():
            value = getattr(self, name)
            if value is not None and not isinstance(value, kind):
                raise ConfigError(f"{name} must be a {kind.__name__}", found=repr(value), argument=name)
        check_choice(get_args(SeriesMode), series=self.series)
        as_bounds(self.bounds)
        as_factors(self.factors)
        as_covariates(self.covariates)
        pick_device(self.device)


def _say(message: str) -> None:
    """Print one line on stderr, as the progress bar does."""
    if sys.stderr is not None:  # as in programs without a terminal
        sys.stderr.write(f"{visible(message)}.\n")
