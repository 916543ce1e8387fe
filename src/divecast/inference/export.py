"""Export of a fitted model as one graph, scaling included, for runtimes without divecast and, for ONNX, without torch.

Inputs:

* ``x`` (batch, look-back, channel) float32: windows in original units; NaN or infinite where missing.
* ``labels`` (batch, factor) int64, only if the code has factors: known label indices, in the order of the metadata; for
  any other number, such as -1, the class is inferred from the window.
* ``effects_past`` (batch, time, channel) and ``effects_ahead`` (batch, horizon, channel) float32, only if the model has
  effects: what the table says of the rows, scaled units. If some effects are not of the calendar, also their share,
  ``effects_told_past`` and ``effects_told_ahead``, ``effects_doubt`` (batch, horizon, channel) and, if all series share
  some columns, ``effects_columns`` (batch, horizon, column); and ``effects_phases`` (batch, horizon) int64, the phase
  of each target row. ``FittedModel.window_effects`` computes them: calendars, holidays and tables are not in the graph.

Outputs, float32, without those for which the model has no dimensions:

* ``mean`` and ``scale`` (batch, horizon, channel): mean and scale of the likelihood, in original units.
* ``quantiles`` (batch, level, horizon, channel): calibrated, in original units.
* ``a_mean``, ``a_sd`` (batch, conditional) and ``b_mean``, ``b_sd`` (batch, marginal): moments of q(a|x,b) and q(b|x).
* ``p_<factor>`` (batch, class): class probabilities; 1 for a known class.

They equal the results of ``DeepDIVE.forecast`` and ``DeepDIVE.encode`` at the mean code. Only series that could not be
learned from, which the metadata list as ``plain``, have no forecast in the graph: NaN. JSON metadata describe channels,
factors, classes, levels and axes: under ``divecast`` in the metadata of an ONNX model, in ``divecast.json`` of a pt2
file.
"""

import copy
import json
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.export import Dim, ExportedProgram

from divecast._optional import need
from divecast._text import plural
from divecast.data import Vocabulary
from divecast.data.names import listed
from divecast.errors import ConfigError, warn_data
from divecast.inference.finite import check_finite
from divecast.inference.fitted_model import FittedModel
from divecast.model.marginal import RBFBlocks
from divecast.persistence.atomic import replacing
from divecast.types import MarginalPosterior, WindowEffects

Json = dict[str, Any]

PREFIX = "effects_"
"""Before the name of a field of ``WindowEffects``, which is an input."""

_SCHEMA = 1  # version of the metadata
_ONNX_BYTES = 2**31 - 2**20  # limit of protobuf, less some room for the graph
_AXES = {
    "x": ("batch", "time", "channel"),
    "labels": ("batch", "factor"),
    "effects_past": ("batch", "time", "channel"),
    "effects_ahead": ("batch", "horizon", "channel"),
    "effects_told_past": ("batch", "time", "channel"),
    "effects_told_ahead": ("batch", "horizon", "channel"),
    "effects_doubt": ("batch", "horizon", "channel"),
    "effects_columns": ("batch", "horizon", "column"),
    "effects_phases": ("batch", "horizon"),
    "mean": ("batch", "horizon", "channel"),
    "scale": ("batch", "horizon", "channel"),
    "quantiles": ("batch", "level", "horizon", "channel"),
    "a_mean": ("batch", "conditional"),
    "a_sd": ("batch", "conditional"),
    "b_mean": ("batch", "marginal"),
    "b_sd": ("batch", "marginal"),
}
_OUTPUTS = ("mean", "scale", "quantiles", "a_mean", "a_sd", "b_mean", "b_sd")


class Graph(nn.Module):
    """Module from windows to forecasts and codes; the docstring of this file has names and shapes.

    Args:
        fitted: the model; its network is copied.
        levels: probabilities of the quantiles.

    Raises:
        ConfigError: the levels do not increase, or lie outside the calibrated range.
    """

    center: Tensor
    spread: Tensor
    residuals: Tensor
    n_classes: Tensor
    low: Tensor
    high: Tensor
    at_low: Tensor

    def __init__(self, fitted: FittedModel, levels: Sequence[float]) -> None:
        super().__init__()
        self.network = copy.deepcopy(fitted.network).cpu().eval().requires_grad_(False)
        self.network.decoder = nn.Identity()  # type: ignore[assignment]  # the reconstruction is no output
        path = self.network.marginal
        if isinstance(path, RBFBlocks) and path.reader is not None and not path.reader.solved():
            path.reader = None  # a graph cannot ask whether it is
        sizes = [vocabulary.n_classes for vocabulary in coded(fitted)]
        self.names = probability_names([vocabulary.name for vocabulary in coded(fitted)])
        self.inputs = input_names(fitted)
        self.register_buffer("center", torch.from_numpy(fitted.scale.center))
        self.register_buffer("spread", torch.from_numpy(fitted.scale.spread))
        self.register_buffer("residuals", fitted.residuals(levels))
        self.has_bounds = fitted.bounds.there_are
        self.register_buffer("low", torch.from_numpy(np.nan_to_num(fitted.bounds.low, nan=-np.inf)))
        self.register_buffer("high", torch.from_numpy(np.nan_to_num(fitted.bounds.high, nan=np.inf)))
        self.register_buffer("at_low", torch.from_numpy(fitted.bounds.at_low))
        self.register_buffer("n_classes", torch.tensor(sizes, dtype=torch.int64))

    def forward(self, x: Tensor, *more: Tensor) -> dict[str, Tensor]:
        """Return the outputs by name for windows and the inputs that follow them, in the order of ``inputs``."""
        given = dict(zip(self.inputs[1:], more, strict=True))
        labels = given.pop("labels", None)
        effects = WindowEffects(**{name.removeprefix(PREFIX): each for name, each in given.items()}) if given else None
        window = (torch.where(torch.isfinite(x), x, torch.nan) - self.center) / self.spread
        marginal = self.network.marginal_code(window, self._known(labels, x), sample=False)
        outputs = self.network.predict(window, (marginal.b, marginal.classes), sample=False, effects=effects)
        q_a = self.network.infer_conditional(window, marginal.b, effects)
        forecast: Any = outputs.forecast
        mean, scale = forecast.mean, forecast.scale
        quantiles = mean[:, None] + scale[:, None] * self.residuals
        closed = None if effects is None or effects.phases is None else self.at_low[effects.phases]
        return {
            "mean": self._bounded(mean, closed),
            "scale": scale * self.spread,
            "quantiles": self._bounded(quantiles, None if closed is None else closed[:, None]),
            **_moments(marginal.posterior, q_a),
            **dict(zip(self.names, outputs.code.classes, strict=True)),
        }

    def _bounded(self, scaled: Tensor, closed: Tensor | None) -> Tensor:
        """Return values in original units and within the bounds; at the lower one where it is ``closed``."""
        values = scaled * self.spread + self.center
        if self.has_bounds:
            values = torch.maximum(torch.minimum(values, self.high), self.low)
            values = values if closed is None else torch.where(closed, self.low, values)
        return values

    def _known(self, labels: Tensor | None, x: Tensor) -> Tensor:
        if labels is None:
            return torch.empty(x.shape[0], 0, dtype=torch.int64)
        return torch.where((labels >= 0) & (labels < self.n_classes), labels, -1)


def export_model(fitted: FittedModel, path: Path, levels: Sequence[float]) -> None:
    """Write the graph to a file atomically.

    Args:
        fitted: the model.
        path: file name that ends in ``.onnx`` or ``.pt2``.
        levels: probabilities of the quantiles.

    Raises:
        ConfigError: the file name has another ending, the levels are out of range, the ``onnx`` extra is not installed,
            the weights are too large for ONNX, or the model is one of independent series or of counts.
        DataError: a forecast of the model is not finite.
        ArtifactError: the file cannot be written.
    """
    fitted.refuse_independent("An export")
    if fitted.counts.there_are:
        raise ConfigError(
            "A graph has no quantiles of counts, which this model forecasts",
            hint='Fit it with {model.counts} "never"',
            argument="model.counts",
        )
    if fitted.scale.powers is not None:
        raise ConfigError(
            "A graph has no powers or logarithms of series, which this model reads",
            hint='Fit it with {model.scale} "standard"',
            argument="model.scale",
        )
    writers = {".onnx": write_onnx, ".pt2": write_pt2}
    if path.suffix not in writers:
        raise ConfigError("The file name must end in .onnx or .pt2", found=path.name, argument="path")
    if path.suffix == ".onnx":
        need("onnxscript")
    graph = Graph(fitted, levels)
    if fitted.plain:
        warn_data(
            f"{plural(len(fitted.plain), 'series')} that could not be learned from, and so forecast by a plain rule, "
            f"have no forecast in the graph (NaN): {listed(fitted.plain)}"
        )
    with replacing(path) as temporary:
        writers[path.suffix](temporary, trace(graph, fitted), description(fitted, levels))


def trace(graph: Graph, fitted: FittedModel) -> ExportedProgram:
    """Trace the graph for any batch size.

    Raises:
        DataError: it forecasts what is no finite number after a window at the mean of the training part.
    """
    sizes = {"time": fitted.shape.lookback, "horizon": fitted.shape.horizon, "channel": len(fitted.channels)}
    sizes |= {"factor": len(graph.names), "column": fitted.dimensions.n_columns}
    shapes = {name: (2, *(sizes[axis] for axis in _AXES[name][1:])) for name in graph.inputs}
    examples = {"labels": -1, "effects_phases": 0}  # whole numbers
    inputs = [torch.full(shape, examples.get(name, 0.0)) for name, shape in shapes.items()]
    with torch.no_grad():
        forecast = graph(graph.center.nan_to_num().expand(shapes["x"]), *inputs[1:])
    for name in ("mean", "quantiles"):
        check_finite(forecast[name].numpy(), fitted.channels, fitted.scale.learned, name)
    batch = Dim("batch")
    any_batch = ({0: batch}, tuple({0: batch} for _ in inputs[1:]))[: len(inputs)]
    with torch.no_grad():
        # strict, since only then may the code take the batch size as len(x)
        program = torch.export.export(graph, tuple(inputs), dynamic_shapes=any_batch, strict=True)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # has paths of this machine
    return program


def write_pt2(path: Path, program: ExportedProgram, metadata: Json) -> None:
    """Write a file for ``torch.export.load``."""
    graph = BytesIO()  # in memory first, since torch's writer aborts the process if the disk is full
    torch.export.save(program, graph, extra_files={"divecast.json": json.dumps(metadata)})
    path.write_bytes(graph.getbuffer())


def write_onnx(path: Path, program: ExportedProgram, metadata: Json) -> None:
    """Write an ONNX model that contains its weights.

    Raises:
        ConfigError: the ``onnx`` extra is not installed, or the weights are too large for one ONNX file.
    """
    size = sum(weight.numel() * weight.element_size() for weight in program.state_dict.values())
    if size > _ONNX_BYTES:
        raise ConfigError(
            f"An ONNX file holds at most 2 GiB of weights, and the model has {size / 2**30:.1f} GiB",
            hint="Export to a file name that ends in .pt2",
            argument="path",
        )
    need("onnxscript")
    inputs = list(metadata["inputs"])
    with _quiet():
        exported: Any = torch.onnx.export(
            program,
            dynamo=True,
            verbose=False,
            input_names=inputs,
            output_names=list(metadata["outputs"]),
            dynamic_shapes=({0: "batch"}, *({0: None} for _ in inputs[1:])),  # only names the axis
            custom_translation_table={torch.ops.aten.log_sigmoid.default: _log_sigmoid},
        )
    _tidy(exported.model)
    exported.model.metadata_props["divecast"] = json.dumps(metadata)
    path.write_bytes(exported.model_proto.SerializeToString())


def description(fitted: FittedModel, levels: Sequence[float]) -> Json:
    """Return the metadata of the graph as JSON values."""
    factors, network = coded(fitted), fitted.network
    names = probability_names([vocabulary.name for vocabulary in factors])
    n_dimensions = {
        "a_mean": network.n_conditional,
        "a_sd": network.n_conditional,
        "b_mean": len(names),
        "b_sd": len(names),
    }
    outputs = [name for name in _AXES if name in _OUTPUTS and n_dimensions.get(name, 1)]
    return {
        "schema": _SCHEMA,
        "lookback": fitted.shape.lookback,
        "horizon": fitted.shape.horizon,
        "frequency": fitted.frequency,
        "tz": fitted.provenance.time_zone,
        "channels": list(fitted.channels),
        "plain": list(fitted.plain),
        "factors": [
            {"name": v.name, "kind": v.kind, "classes": list(v.classes), "dims": dims, "probabilities": name}
            for v, dims, name in zip(factors, network.marginal.block_sizes, names, strict=True)
        ],
        "levels": [float(level) for level in levels],
        "inputs": {name: list(_AXES[name]) for name in input_names(fitted)},
        "outputs": {name: list(_AXES.get(name, ("batch", "class"))) for name in [*outputs, *names]},
    }


def input_names(fitted: FittedModel) -> tuple[str, ...]:
    """Return the names of the inputs, in order."""
    use, n_columns = fitted.dimensions.effects, fitted.dimensions.n_columns
    told = (*("told_past", "told_ahead", "doubt"), *(("columns",) if n_columns else ())) if use == "told" else ()
    effects = () if use == "none" else ("past", "ahead", *told, "phases")
    return ("x", *(("labels",) if coded(fitted) else ()), *(f"{PREFIX}{name}" for name in effects))


def coded(fitted: FittedModel) -> tuple[Vocabulary, ...]:
    """Return the vocabularies of the factors that are part of the code."""
    return fitted.vocabularies if fitted.network.n_factors else ()


def probability_names(factors: Sequence[str]) -> tuple[str, ...]:
    """Return the output name of each factor: ``p_<factor>``, with underscores for characters that ONNX does not allow.

    If two factors would have the same name, all are numbered instead.
    """
    names = tuple("p_" + re.sub(r"\W", "_", factor, flags=re.ASCII) for factor in factors)
    return names if len(set(names)) == len(names) else tuple(f"p_{number}" for number in range(len(names)))


def _moments(b: MarginalPosterior, a: Normal) -> dict[str, Tensor]:
    """Return mean and standard deviation of a and b, without those that have no dimensions."""
    moments = {"a_mean": a.mean, "a_sd": a.stddev, "b_mean": b.mean, "b_sd": b.stddev}
    return {name: moment for name, moment in moments.items() if moment.shape[1]}


def _log_sigmoid(x: Any) -> Any:
    """Return log(sigmoid(x)) in ONNX without underflow; the exporter's own is -inf for x <= -104."""
    op = need("onnxscript").opset18
    return op.Neg(op.Softplus(op.Neg(x)))


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence warnings and logs of the exporter about its own internals."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        logger.setLevel(level)


def _tidy(model: Any) -> None:
    """Remove source traces from the nodes, and rename inner values that have the name of an input or output."""
    outer = {value.name: value for value in (*model.graph.inputs, *model.graph.outputs)}
    for node in model.graph:
        node.metadata_props.clear()
        for value in node.outputs:
            if outer.get(value.name, value) is not value:
                value.name = f"inner_{value.name}"
