"""One graph of a fitted model, scaling inside, for runtimes that know neither divecast nor, for ONNX, torch.

Inputs:

* ``x`` (batch, look-back, channel) float32: raw windows in original units; NaN (or infinite) where missing.
* ``labels`` (batch, factor) int64, only if the code has factors: class numbers that are handed over, in the order of
  the metadata; any other number, such as -1, has the class inferred from the window.

Outputs, float32, with the batch first; those a model has no dimensions for are left out:

* ``mean`` and ``scale`` (batch, horizon, channel): mean and scale of the likelihood, original units.
* ``quantiles`` (batch, level, horizon, channel): calibrated, original units.
* ``a_mean``, ``a_sd`` (batch, conditional) and ``b_mean``, ``b_sd`` (batch, marginal): q(a|x,b) and q(b|x).
* ``p_<factor>`` (batch, class): class probabilities; a class that is handed over has 1.

All are those of ``DeepDIVE.forecast`` and ``DeepDIVE.encode`` at the mean code. A JSON text says the rest (channels,
factors, classes, levels, axes): under ``divecast`` in the metadata of an ONNX model, in ``divecast.json`` of a pt2.
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

import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.export import Dim, ExportedProgram

from divecast._optional import need
from divecast.data import Vocabulary
from divecast.errors import ConfigError
from divecast.inference.fitted_model import FittedModel
from divecast.persistence.atomic import replacing
from divecast.types import MarginalPosterior

Plain = dict[str, Any]

_SCHEMA = 1  # of the metadata
_ONNX_BYTES = 2**31 - 2**20  # protobuf ends at 2 GiB; a little of it is the graph
_AXES = {
    "x": ("batch", "time", "channel"),
    "labels": ("batch", "factor"),
    "mean": ("batch", "horizon", "channel"),
    "scale": ("batch", "horizon", "channel"),
    "quantiles": ("batch", "level", "horizon", "channel"),
    "a_mean": ("batch", "conditional"),
    "a_sd": ("batch", "conditional"),
    "b_mean": ("batch", "marginal"),
    "b_sd": ("batch", "marginal"),
}


class Graph(nn.Module):
    """Raw windows in, forecasts and codes out; see the module for names and shapes.

    Args:
        fitted: the model; its network is copied.
        levels: probabilities of the quantiles.

    Raises:
        ConfigError: levels do not rise, or reach beyond the calibration.
    """

    center: Tensor
    spread: Tensor
    residuals: Tensor
    n_classes: Tensor

    def __init__(self, fitted: FittedModel, levels: Sequence[float]) -> None:
        super().__init__()
        self.network = copy.deepcopy(fitted.network).cpu().eval().requires_grad_(False)
        self.network.decoder = nn.Identity()  # type: ignore[assignment]  # the reconstruction is no output
        sizes = [vocabulary.n_classes for vocabulary in coded(fitted)]
        self.names = probability_names([vocabulary.name for vocabulary in coded(fitted)])
        self.register_buffer("center", torch.from_numpy(fitted.scale.center))
        self.register_buffer("spread", torch.from_numpy(fitted.scale.spread))
        self.register_buffer("residuals", fitted.calibration.at(levels))
        self.register_buffer("n_classes", torch.tensor(sizes, dtype=torch.int64))

    def forward(self, x: Tensor, labels: Tensor | None = None) -> dict[str, Tensor]:
        """Map windows, and labels where the code has factors, to the outputs by name."""
        window = (torch.where(torch.isfinite(x), x, torch.nan) - self.center) / self.spread
        marginal = self.network.marginal_code(window, self._handed(labels, x), sample=False)
        outputs = self.network.predict(window, (marginal.b, marginal.classes), sample=False)
        forecast: Any = outputs.forecast
        mean, scale = forecast.mean, forecast.scale
        quantiles = mean[:, None] + scale[:, None] * self.residuals[:, :, None]
        return {
            "mean": mean * self.spread + self.center,
            "scale": scale * self.spread,
            "quantiles": quantiles * self.spread + self.center,
            **_moments(marginal.posterior, outputs.q_a),
            **dict(zip(self.names, outputs.code.classes, strict=True)),
        }

    def _handed(self, labels: Tensor | None, x: Tensor) -> Tensor:
        if labels is None:
            return torch.empty(x.shape[0], 0, dtype=torch.int64)
        return torch.where((labels >= 0) & (labels < self.n_classes), labels, -1)


def export_model(fitted: FittedModel, path: Path, levels: Sequence[float]) -> None:
    """Write the graph to a file that ends in ``.onnx`` or ``.pt2``, whole or not at all.

    Raises:
        ConfigError: another ending, levels out of range, the ``onnx`` extra is absent, or too large for ONNX.
        ArtifactError: the file cannot be written.
    """
    writers = {".onnx": write_onnx, ".pt2": write_pt2}
    if path.suffix not in writers:
        raise ConfigError(f"expected a file that ends in .onnx or .pt2, got {path}; name one")
    if path.suffix == ".onnx":
        need("onnxscript")
    graph = Graph(fitted, levels)
    with replacing(path) as temporary:
        writers[path.suffix](temporary, trace(graph, fitted), description(fitted, levels))


def trace(graph: Graph, fitted: FittedModel) -> ExportedProgram:
    """Write the graph down operation by operation, for any batch size."""
    example = [torch.zeros(2, fitted.shape.lookback, len(fitted.channels))]
    if graph.names:
        example.append(torch.full((2, len(graph.names)), -1))
    free = tuple({0: Dim("batch")} for _ in example)
    with torch.no_grad():
        # strict, for only then may the batch size be asked for as len(x)
        program = torch.export.export(graph, tuple(example), dynamic_shapes=free, strict=True)
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # paths of the machine it was exported on
    return program


def write_pt2(path: Path, program: ExportedProgram, about: Plain) -> None:
    """Write what ``torch.export.load`` reads."""
    graph = BytesIO()  # in memory first: on a full disk torch's writer ends the process
    torch.export.save(program, graph, extra_files={"divecast.json": json.dumps(about)})
    path.write_bytes(graph.getbuffer())


def write_onnx(path: Path, program: ExportedProgram, about: Plain) -> None:
    """Write an ONNX model with its weights inside.

    Raises:
        ConfigError: the ``onnx`` extra is absent, or the weights are too many for one ONNX file.
    """
    size = sum(weight.numel() * weight.element_size() for weight in program.state_dict.values())
    if size > _ONNX_BYTES:
        raise ConfigError(f"an ONNX file holds 2 GiB of weights at most, these are {size / 2**30:.1f}; write a .pt2")
    need("onnxscript")
    inputs = list(about["inputs"])
    with _quiet():
        made: Any = torch.onnx.export(
            program,
            dynamo=True,
            verbose=False,
            input_names=inputs,
            output_names=list(about["outputs"]),
            dynamic_shapes=({0: "batch"}, None)[: len(inputs)],  # only gives the axis its name
            custom_translation_table={torch.ops.aten.log_sigmoid.default: _log_sigmoid},
        )
    _tidy(made.model)
    made.model.metadata_props["divecast"] = json.dumps(about)
    path.write_bytes(made.model_proto.SerializeToString())


def description(fitted: FittedModel, levels: Sequence[float]) -> Plain:
    """Return what a program that uses the graph has to know, as JSON values."""
    factors, network = coded(fitted), fitted.network
    names = probability_names([vocabulary.name for vocabulary in factors])
    kept = {"a_mean": network.n_conditional, "a_sd": network.n_conditional, "b_mean": len(names), "b_sd": len(names)}
    outputs = [name for name in _AXES if name not in ("x", "labels") and kept.get(name, 1)]
    return {
        "schema": _SCHEMA,
        "lookback": fitted.shape.lookback,
        "horizon": fitted.shape.horizon,
        "frequency": fitted.frequency,
        "tz": fitted.provenance.time_zone,
        "channels": list(fitted.channels),
        "factors": [
            {"name": v.name, "kind": v.kind, "classes": list(v.classes), "dims": dims, "probabilities": name}
            for v, dims, name in zip(factors, network.marginal.block_sizes, names, strict=True)
        ],
        "levels": [float(level) for level in levels],
        "inputs": {name: list(_AXES[name]) for name in (("x", "labels") if names else ("x",))},
        "outputs": {name: list(_AXES.get(name, ("batch", "class"))) for name in [*outputs, *names]},
    }


def coded(fitted: FittedModel) -> tuple[Vocabulary, ...]:
    """Return the vocabularies of the factors that are part of the code."""
    return fitted.vocabularies if fitted.network.n_factors else ()


def probability_names(factors: Sequence[str]) -> tuple[str, ...]:
    """Return an output name for each factor, ``p_<factor>`` with only what ONNX allows: letters, digits, underscores.

    Where two factors would share a name, all are numbered instead.
    """
    names = tuple("p_" + re.sub(r"\W", "_", factor, flags=re.ASCII) for factor in factors)
    return names if len(set(names)) == len(names) else tuple(f"p_{at}" for at in range(len(names)))


def _moments(b: MarginalPosterior, a: Normal) -> dict[str, Tensor]:
    """Return mean and standard deviation of a and b, if they have dimensions."""
    moments = {"a_mean": a.mean, "a_sd": a.stddev, "b_mean": b.mean, "b_sd": b.stddev}
    return {name: moment for name, moment in moments.items() if moment.shape[1]}


def _log_sigmoid(x: Any) -> Any:
    """Write log(sigmoid(x)) for ONNX as it keeps its digits; the exporter's own is -inf from x = -104 down."""
    op = need("onnxscript").opset18
    return op.Neg(op.Softplus(op.Neg(x)))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter says of its own insides from the user."""
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
    """Drop the traces of the code from the nodes, and keep inner values from having an output's name."""
    outer = {value.name: value for value in (*model.graph.inputs, *model.graph.outputs)}
    for node in model.graph:
        node.metadata_props.clear()
        for value in node.outputs:
            if outer.get(value.name, value) is not value:
                value.name = f"inner_{value.name}"
