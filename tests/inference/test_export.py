"""The graph is the model: what onnxruntime and torch.export make of raw windows is what the estimator says."""

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import divecast
from divecast import ArtifactError, ByTime, ConfigError, DeepDIVE, Label, ModelConfig, NotFittedError, Panel
from divecast import TrainingConfig as Training
from divecast.cli import main
from divecast.inference.export import Graph as ExportGraph
from divecast.inference.export import description, export_model, probability_names, trace, write_onnx, write_pt2
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import encode_windows
from divecast.types import WindowEffects
from laws import assert_same_bits, frozen
from worlds import SMALL, hours, moves

LEVELS = (0.1, 0.5, 0.9)
CLOSE = 1e-5  # scaled units
Arrays = dict[str, NDArray[Any]]


def gappy() -> Panel:
    """Three weeks of four channels: values missing here and there, one channel for two days, one stuck, one shifted.

    With a label of three levels, missing in every fifth row, another of two and a covariate, missing now and then.
    """
    panel = hours(weeks=3).panel
    draw = np.random.default_rng(1)
    promo = np.where(draw.random(len(panel.values)) < 0.2, "on", "off").astype(object)
    temp = draw.normal(size=len(promo)).astype(np.float32)
    promo[::7], temp[::11] = None, np.nan
    values = (panel.values + 2.0 * (promo == "on")[:, None] + np.nan_to_num(temp)[:, None]).astype(np.float32)
    values[draw.random(values.shape) < 0.05] = np.nan
    values[300:348, 2] = np.nan
    values[440:470, 0] = values[439, 0]
    values[470:, 3] += 4.0 * np.nanstd(values[:, 3])
    names = np.array(["low", "mid", "high"], dtype=object)
    level = names[np.arange(len(values)) // 5 % 3]
    level[::5] = None
    return replace(panel, values=values, labels={"load level": level, "promo": promo}, covariates={"temp": temp})


def fit_panel(
    factors: tuple[Any, ...] = ("hour", "weekend"), data: Any = None, covariates: Sequence[str] = (), **sizes: Any
) -> DeepDIVE:
    code = {name: value for name, value in sizes.items() if name != "fusion"}
    decoder = replace(SMALL.decoder, fusion=sizes.get("fusion", "attention"))
    model = ModelConfig(SMALL.encoder, replace(SMALL.code, **code), decoder)
    training = Training(epochs=1, batch_size=256, learning_rate=5e-3)
    return DeepDIVE(6, 24, factors, covariates=covariates, model=model, training=training).fit(
        hours(weeks=3).panel if data is None else data, ByTime(3, 1, 1), progress=False
    )


LEVEL = Label("load level", kind="ordered", order=("low", "mid", "high"))


def fit_kinds(told: tuple[str, ...] = (), **data: Any) -> DeepDIVE:
    """All kinds of factors, and the settings that put most operations into the graph."""
    return fit_panel(("hour", "weekend", LEVEL, *told), gappy(), prior="pairs", component="logistic", **data)


def fit_told() -> DeepDIVE:
    """The same, with a label and a covariate that are told of the future."""
    return fit_kinds(("promo",), covariates=["temp"])


# "no factors" is written by the command and by the method, the others by what these call, to write them down once.
CASES: dict[str, tuple[Callable[[], DeepDIVE] | None, Callable[[], Any]]] = {
    "kinds": (fit_kinds, gappy),
    "told": (fit_told, gappy),
    "recordings": (None, moves),  # the model other tests share
    "no factors": (lambda: fit_panel(()), lambda: hours(weeks=3).panel),
    "given": (lambda: fit_panel(labels="given", n_conditional=0, fusion="concatenation"), lambda: hours(weeks=3).panel),
}


@dataclass(frozen=True, eq=False)
class Exported:
    """A model, its data, and its graph in both kinds of file.

    Attributes:
        name: of the case.
        model: fitted.
        data: panel or recordings.
        files: model.onnx and model.pt2.
        run: these two, from inputs to outputs by name.
        about: the metadata of the two.
    """

    name: str
    model: DeepDIVE
    data: Any
    files: tuple[Path, Path]
    run: tuple[Callable[[Arrays], Arrays], Callable[[Arrays], Arrays]]
    about: tuple[Any, Any]

    @property
    def fitted(self) -> FittedModel:
        return self.model.fitted_model

    def inputs(self, origins: NDArray[np.int64], known: bool) -> Arrays:
        """The raw windows before these rows, and their labels if the model has factors."""
        source = self.fitted.source(self.data)
        x = np.stack([source.values[at - self.fitted.shape.lookback : at] for at in origins])
        labels = self.fitted.label_indices(source)[origins - 1].astype(np.int64)
        known_labels = {"labels": labels if known else np.full_like(labels, -1)}
        rows = self.fitted.row_effects(source)
        effects = {} if rows is None else vars_of(rows.of(origins))
        return {"x": x} | (known_labels if self.fitted.network.n_factors else {}) | effects


def vars_of(effects: WindowEffects) -> Arrays:
    """The effects as inputs."""
    there = {each.name: getattr(effects, each.name) for each in fields(effects)}
    return {f"effects_{name}": tensor.numpy() for name, tensor in there.items() if tensor is not None}


def read_onnx(file: Path) -> tuple[Callable[[Arrays], Arrays], Any]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(file, options)
    names = [output.name for output in session.get_outputs()]
    about = json.loads(session.get_modelmeta().custom_metadata_map["divecast"])
    return lambda inputs: dict(zip(names, session.run(None, inputs), strict=True)), about


def read_pt2(file: Path) -> tuple[Callable[[Arrays], Arrays], Any]:
    extra = {"divecast.json": ""}
    module = torch.export.load(file, extra_files=extra).module()

    def run(inputs: Arrays) -> Arrays:
        with torch.no_grad():
            outputs = module(*(torch.from_numpy(array) for array in inputs.values()))
        return {name: tensor.numpy() for name, tensor in outputs.items()}

    return run, json.loads(extra["divecast.json"])


def export(name: str, model: DeepDIVE, data: Any, folder: Path) -> Exported:
    graph, program = folder / "model.onnx", folder / "model.pt2"
    if name == "no factors":
        model.save(folder / "model")
        levels = [text for level in LEVELS[::-1] for text in ("--level", str(level))]
        assert main(["export", str(folder / "model"), "--out", str(graph), *levels]) == 0
        model.export(program, LEVELS)
    else:
        fitted = model.fitted_model
        traced, about = trace(ExportGraph(fitted, LEVELS), fitted), description(fitted, LEVELS)
        write_onnx(graph, traced, about)
        write_pt2(program, traced, about)
    (run, about), (run_too, about_too) = read_onnx(graph), read_pt2(program)
    return Exported(name, model, data, (graph, program), (run, run_too), (about, about_too))


# "told" has all that the others have but what a graph without labels, code or effects lacks. One test a case: writing
# the graph takes seconds, and workers that share the tests out would each write it.
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [name if name == "told" else pytest.param(name, marks=pytest.mark.long) for name in CASES]
)
@pytest.mark.filterwarnings("ignore:These have no effect:divecast.DataWarning")
@pytest.mark.filterwarnings("ignore:.* had no value in the:divecast.DataWarning")
@pytest.mark.filterwarnings("ignore:The .* lack :divecast.DataWarning")
@pytest.mark.filterwarnings("ignore:.* did not change before:divecast.DataWarning")
@pytest.mark.filterwarnings("ignore:.* departed before:divecast.DataWarning")
@pytest.mark.filterwarnings("ignore:.* far from all:divecast.DataWarning")
def test_the_graph_is_the_model(
    name: str, request: pytest.FixtureRequest, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    fit, data = CASES[name]
    model = fit() if fit else request.getfixturevalue("moves_model")
    before = frozen(model.fitted_model.network)
    exported = export(name, model, data(), tmp_path)
    assert_same_bits(frozen(model.fitted_model.network), before)
    for law in LAWS:
        with subtests.test(law.__name__):
            law(exported)


def assert_close(found: NDArray[Any], expected: NDArray[Any], spread: Any = 1.0) -> None:
    """Equal within 1e-5 of the scaled units."""
    assert found.shape == expected.shape
    assert found.dtype == np.float32
    assert np.isfinite(expected).all()
    assert np.abs((found - expected) / spread).max(initial=0.0) <= CLOSE


def assert_same_code(found: Arrays, codes: Any) -> None:
    expected = {"a_mean": codes.a_mean, "a_sd": codes.a_sd} if codes.a_mean.shape[1] else {}
    if codes.factors:
        expected |= {"b_mean": np.concatenate(codes.b_mean, axis=1), "b_sd": np.concatenate(codes.b_sd, axis=1)}
        expected |= dict(zip(probability_names(codes.factors), codes.probabilities, strict=True))
    assert found.keys() - {"mean", "scale", "quantiles"} == expected.keys()
    for name, array in expected.items():
        assert_close(found[name], array)


def forecasts_are_the_estimators(exported: Exported) -> None:
    start = None if exported.name == "recordings" else "2024-01-05T03:00"
    if exported.fitted.effects is not None:
        given = exported.fitted.window_effects(exported.data, start=start, every=17)
        assert given.keys() == {name for name in exported.about[0]["inputs"] if name.startswith("effects_")}
    for mode in ("known", "infer"):
        forecast = exported.model.forecast(exported.data, start=start, every=17, labels=mode, levels=LEVELS)
        for run in exported.run:
            found = run(exported.inputs(forecast.keys.origins, mode == "known"))
            assert_close(found["mean"], forecast.mean, exported.fitted.scale.spread)
            assert_close(found["quantiles"].swapaxes(0, 1), forecast.quantiles, exported.fitted.scale.spread)
            residuals = exported.fitted.calibration.at(LEVELS).numpy()[None, :, :, None]
            expected = found["mean"][:, None] + found["scale"][:, None] * residuals
            low = np.nan_to_num(exported.fitted.bounds.low, nan=-np.inf)
            bounded = (found["mean"][:, None] <= low) | (found["quantiles"] <= low)
            assert_close(
                found["quantiles"], np.where(bounded, found["quantiles"], expected), exported.fitted.scale.spread
            )


def codes_and_class_probabilities_are_the_estimators(exported: Exported) -> None:
    codes = exported.model.encode(exported.data, every=17)
    for run in exported.run:
        assert_same_code(run(exported.inputs(codes.keys.origins, known=False)), codes)


def known_labels_reach_the_code(exported: Exported) -> None:
    fitted = exported.fitted
    windows = fitted.windows_of(fitted.source(exported.data), None, "encode").subset(slice(None, None, 17))
    codes = encode_windows(fitted, windows, "known")
    for run in exported.run:
        assert_same_code(run(exported.inputs(codes.keys.origins, known=True)), codes)


def any_batch_size_gives_each_window_the_same(exported: Exported) -> None:
    inputs = exported.inputs(np.arange(50, 61), known=True)
    for run in exported.run:
        together = run(inputs)
        for batch in (slice(0, 1), slice(1, 8)):
            part = run({name: array[batch] for name, array in inputs.items()})
            for name, array in part.items():
                np.testing.assert_allclose(array, together[name][batch], rtol=1e-4, atol=1e-4)


def numbers_that_are_no_class_are_inferred_and_infinity_is_missing(exported: Exported) -> None:
    inferred = exported.inputs(np.arange(50, 61), known=False)
    inferred["x"][3:, 5, 0] = np.nan
    odd = {name: array.copy() for name, array in inferred.items()}
    odd["x"][3:, 5, 0] = np.inf
    if "labels" in odd:
        odd["labels"][:] = np.array([-7, 99] * 6)[:11, None]
    for run in exported.run:
        expected = run(inferred)
        for name, array in run(odd).items():
            np.testing.assert_array_equal(array, expected[name])


def both_files_say_what_they_are(exported: Exported) -> None:
    fitted, (about, about_too) = exported.fitted, exported.about
    assert about == about_too == description(fitted, LEVELS)
    assert (about["lookback"], about["horizon"]) == (fitted.shape.lookback, fitted.shape.horizon)
    assert (about["channels"], about["levels"]) == (list(fitted.channels), list(LEVELS))
    named = {factor["name"]: factor["classes"] for factor in about["factors"]}
    assert named == {v.name: list(v.classes) for v in fitted.vocabularies}


def shapes_are_the_axes_that_are_told(exported: Exported) -> None:
    model, about = onnx.load(exported.files[0]), exported.about[0]
    sizes = {"time": about["lookback"], "horizon": about["horizon"], "level": len(LEVELS)}
    sizes |= {name: len(about[f"{name}s"]) for name in ("channel", "factor")}
    sizes |= {"column": exported.fitted.dimensions.n_columns}
    sizes |= {"conditional": exported.fitted.network.n_conditional}
    sizes |= {"marginal": sum(factor["dims"] for factor in about["factors"])}
    sizes |= {factor["probabilities"]: len(factor["classes"]) for factor in about["factors"]}
    for values, axes in ((model.graph.input, about["inputs"]), (model.graph.output, about["outputs"])):
        shapes = {v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim] for v in values}
        assert list(shapes) == list(axes)
        for name, shape in shapes.items():
            assert shape == ["batch", *(sizes[name if axis == "class" else axis] for axis in axes[name][1:])]
    onnx.checker.check_model(model, full_check=True)


def the_files_hold_no_path_of_this_machine(exported: Exported) -> None:
    for file in exported.files:
        content = file.read_bytes()
        assert str(Path(divecast.__file__).parent).encode() not in content
        assert b"forecaster.py" not in content


LAWS = (
    forecasts_are_the_estimators,
    codes_and_class_probabilities_are_the_estimators,
    known_labels_reach_the_code,
    any_batch_size_gives_each_window_the_same,
    numbers_that_are_no_class_are_inferred_and_infinity_is_missing,
    both_files_say_what_they_are,
    shapes_are_the_axes_that_are_told,
    the_files_hold_no_path_of_this_machine,
)


def test_a_failed_export_leaves_the_former_file(
    hours_model: DeepDIVE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(path: Path, *_: Any) -> None:
        path.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr("divecast.inference.export.write_pt2", break_off)
    monkeypatch.setattr("divecast.inference.export.trace", lambda *_: None)
    (tmp_path / "m.pt2").write_bytes(b"former")
    with pytest.raises(ArtifactError, match="no space left"):
        hours_model.export(tmp_path / "m.pt2")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("m.pt2", b"former")]


def test_mistakes_are_told(hours_model: DeepDIVE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotFittedError):
        DeepDIVE(1, 2).export(tmp_path / "m.onnx")
    with pytest.raises(ConfigError, match=r"must end in \.onnx or \.pt2: got m\.pb"):
        hours_model.export(tmp_path / "m.pb")
    with pytest.raises(ConfigError, match="levels must increase"):
        hours_model.export(tmp_path / "m.pt2", levels=(0.9, 0.1))
    with pytest.raises(ArtifactError, match="Could not write"):
        export_model(hours_model.fitted_model, tmp_path / "none" / "m.pt2", LEVELS)
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(ConfigError, match="onnxscript is needed"):
        hours_model.export(tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_too_many_weights_for_onnx_are_refused(tmp_path: Path) -> None:
    class Program:
        state_dict = {"weight": torch.empty(2**29, device="meta")}  # noqa: RUF012

    with pytest.raises(ConfigError, match=r"the model has 2\.0 GiB\. Export to a file name that ends in \.pt2"):
        write_onnx(tmp_path / "m.onnx", Program(), {})


def test_the_command_tells_its_file_and_refuses_others(
    hours_model: DeepDIVE, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    saved, asked = str(tmp_path / "model.safetensors"), []
    hours_model.save(saved)
    monkeypatch.setattr("divecast.inference.export.trace", lambda *_: None)
    monkeypatch.setattr("divecast.inference.export.write_pt2", lambda path, _, about: asked.append(about["levels"]))
    assert main(["export", saved, "--out", str(tmp_path / "m.pt2"), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out) == {"command": "export", "graph": str(tmp_path / "m.pt2"), "bytes": 0}
    assert said.err == ""
    assert asked == [[0.05, 0.25, 0.5, 0.75, 0.95]]
    assert main(["export", saved, "--out", str(tmp_path / "m.pb")]) == 2
    assert ".onnx or .pt2" in capsys.readouterr().err
    assert main(["export", "--help"]) == 0
    assert "Example: divecast export" in capsys.readouterr().out


@given(st.lists(st.text(min_size=1), unique=True, max_size=5))
def test_every_factor_has_a_plain_name_of_its_own(factors: list[str]) -> None:
    names = probability_names(factors)
    assert len(set(names)) == len(names) == len(factors)
    assert all(re.fullmatch(r"p_[A-Za-z0-9_]+", name) for name in names)


def test_usual_factors_keep_their_names() -> None:
    assert probability_names(("hour", "half_hour", "load level")) == ("p_hour", "p_half_hour", "p_load_level")
    assert probability_names(("a b", "a-b")) == ("p_0", "p_1")
