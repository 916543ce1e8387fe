"""Fits in MLflow, TensorBoard and Weights & Biases: settings, losses of each epoch, and the model."""

import json
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args

from divecast._optional import need
from divecast.config import check_choice
from divecast.errors import ConfigError
from divecast.persistence.version import __version__
from divecast.train.history import EpochRecord
from divecast.train.trackers import Tracker, track_all

Tool = Literal["mlflow", "tensorboard", "wandb"]
_LONGEST = 500  # characters of a setting; MLflow takes no more than some thousand


def autolog(tool: Tool, *, off: bool = False, **options: Any) -> None:
    """Record every later fit of this process in a tool.

    Args:
        tool: ``mlflow`` (needs ``divecast[mlflow]``), ``tensorboard`` (``divecast[tensorboard]``) or ``wandb``
            (``divecast[wandb]``).
        off: whether to stop recording instead.
        **options: arguments of :class:`MLflowTracker`, :class:`TensorBoardTracker` or :class:`WandbTracker`.

    Raises:
        ConfigError: there is no such tool or option, or the tool is not installed.

    Example:
        >>> autolog("mlflow", off=True)
    """
    check_choice(get_args(Tool), tool=tool)
    if off:
        track_all(tool, None)
        return
    made: Callable[..., Tracker] = {"mlflow": MLflowTracker, "tensorboard": TensorBoardTracker, "wandb": WandbTracker}[
        tool
    ]
    try:
        made(**options)
    except TypeError as error:
        raise ConfigError(f"An option does not suit {tool} ({error})", argument="tool") from error
    track_all(tool, partial(made, **options))


class _Epochs:
    """What all trackers do alike: nothing at a step, and numbers by name at the end of an epoch."""

    def __init__(self) -> None:
        self._epochs = 0

    def on_fit(self, settings: Mapping[str, Any]) -> None:
        """Begin to count epochs, and record the settings."""
        self._epochs = 0
        self._begin(_as_text(settings))

    def on_start(self, step: int, n_steps: int) -> None:
        """Nothing is recorded of it."""

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Nothing is recorded of a step."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Record the losses of an epoch; those of a last fit on all rows follow those of the first."""
        self._record(_losses(record), self._epochs)
        self._epochs += 1

    def on_end(self) -> None:
        """The run ends with the fit, not here: calibration follows."""

    def _begin(self, settings: dict[str, str]) -> None:
        raise NotImplementedError

    def _record(self, numbers: dict[str, float], epoch: int) -> None:
        raise NotImplementedError


class MLflowTracker(_Epochs):
    """Records a fit as an MLflow run: the active one, or a new one that ends with the fit.

    Where to is set by MLflow's own means (``mlflow.set_tracking_uri``, ``mlflow.set_experiment``, MLFLOW_TRACKING_URI).

    Args:
        log_model: whether to log the model, too, as ``divecast.mlflow.log_model`` does.

    Raises:
        ConfigError: MLflow is not installed.

    Example:
        >>> model.fit(panel, callbacks=[MLflowTracker()])  # doctest: +SKIP
    """

    def __init__(self, log_model: bool = True) -> None:
        super().__init__()
        self._mlflow, self._log_model, self._own = need("mlflow"), log_model, False

    def _begin(self, settings: dict[str, str]) -> None:
        self._own = self._mlflow.active_run() is None
        if self._own:
            self._mlflow.start_run()
        self._mlflow.log_params(settings)
        self._mlflow.set_tag("divecast.version", __version__)

    def on_fitted(self, model: Any) -> None:
        """Record what the fit led to, and the model; end a run of its own."""
        self._mlflow.log_dict(_about(model), "divecast.json")
        self._mlflow.log_metrics(_summary(model))
        if self._log_model:
            need("divecast.mlflow").log_model(model)  # in a layer above
        self._end("FINISHED")

    def on_failed(self) -> None:
        """End a run of its own as failed."""
        self._end("FAILED")

    def _record(self, numbers: dict[str, float], epoch: int) -> None:
        self._mlflow.log_metrics(numbers, step=epoch)

    def _end(self, status: str) -> None:
        if self._own and self._mlflow.active_run() is not None:
            self._mlflow.end_run(status)


class TensorBoardTracker(_Epochs):
    """Records a fit for TensorBoard: losses as curves, settings as text.

    Args:
        log_dir: folder; by default one below ``runs`` with time and host, as torch names it.

    Raises:
        ConfigError: TensorBoard is not installed.

    Example:
        >>> model.fit(panel, callbacks=[TensorBoardTracker("runs/first")])  # doctest: +SKIP
    """

    def __init__(self, log_dir: str | Path | None = None) -> None:
        super().__init__()
        need("tensorboard")
        self._folder = None if log_dir is None else str(log_dir)
        self._writer: Any = None
        self._open: Any = need("torch.utils.tensorboard").SummaryWriter

    def _begin(self, settings: dict[str, str]) -> None:
        self._writer = self._open(self._folder)
        rows = "\n".join(f"| {name} | {value} |" for name, value in settings.items())
        self._writer.add_text("settings", f"| setting | value |\n|---|---|\n{rows}", 0)

    def on_fitted(self, model: Any) -> None:
        """Write what the fit led to, and close the file."""
        if self._writer is not None:
            self._record(_summary(model), self._epochs)
            self._writer.add_text("model", f"```json\n{json.dumps(_about(model), indent=2)}\n```", self._epochs)
        self._close()

    def on_failed(self) -> None:
        """Close the file."""
        self._close()

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _record(self, numbers: dict[str, float], epoch: int) -> None:
        if self._writer is not None:
            for name, value in numbers.items():
                self._writer.add_scalar(name, value, epoch)


class WandbTracker(_Epochs):
    """Records a fit as a run of Weights & Biases: the active one, or a new one that ends with the fit.

    Args:
        log_model: whether to store the model as an artifact, too.
        **init: arguments of ``wandb.init``, such as ``project`` and ``mode="offline"``.

    Raises:
        ConfigError: wandb is not installed.

    Example:
        >>> model.fit(panel, callbacks=[WandbTracker(project="loads")])  # doctest: +SKIP
    """

    def __init__(self, log_model: bool = True, **init: Any) -> None:
        super().__init__()
        self._wandb, self._log_model, self._init, self._own = need("wandb"), log_model, init, False

    def _begin(self, settings: dict[str, str]) -> None:
        self._own = self._wandb.run is None
        if self._own:
            self._wandb.init(**self._init)
        self._wandb.run.config.update(settings, allow_val_change=True)

    def on_fitted(self, model: Any) -> None:
        """Record what the fit led to, and the model; end a run of its own."""
        run = self._wandb.run
        run.summary.update(_summary(model))
        if self._log_model:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.safetensors"
                model.save(path)
                artifact = self._wandb.Artifact(f"divecast-{run.id}", "model", metadata=_about(model))
                artifact.add_file(str(path))
                run.log_artifact(artifact)
        self._end(0)

    def on_failed(self) -> None:
        """End a run of its own as failed."""
        self._end(1)

    def _record(self, numbers: dict[str, float], epoch: int) -> None:
        self._wandb.run.log({"epoch": epoch, **numbers})

    def _end(self, code: int) -> None:
        if self._own and self._wandb.run is not None:
            self._wandb.run.finish(exit_code=code)


def _losses(record: EpochRecord) -> dict[str, float]:
    parts = (("train", record.train), ("valid", record.valid))
    terms = {f"{part}/{name}": float(value) for part, losses in parts for name, value in losses.items()}
    return {**terms, "monitored": float(record.monitored), "seconds": float(record.seconds)}


def _summary(model: Any) -> dict[str, float]:
    """Return numbers of a fitted model."""
    history = model.history
    best = history.best_epoch
    numbers = {"weights": float(model.info()["weights"]), "epochs": float(len(history.records))}
    return numbers if best is None else numbers | {"best_epoch": float(best)}


def _about(model: Any) -> dict[str, Any]:
    """Return the description of a fitted model without its history, which is recorded epoch by epoch."""
    return {name: value for name, value in model.info().items() if name != "history"}


def _as_text(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return settings as text; a group is told by the settings in it."""
    groups = {name.partition("__")[0] for name in settings if "__" in name}
    return {name.replace("__", "."): str(value)[:_LONGEST] for name, value in settings.items() if name not in groups}
