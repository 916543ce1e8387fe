"""Files of models whose numbers cannot be those of a fit are refused, and say what is wrong."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from divecast import ArtifactError, DataError, DeepDIVE
from divecast.inference.finite import check_finite
from divecast.inference.model_file import KIND, SCHEMA, read_model
from divecast.page import write_report
from divecast.persistence import artifact as artifacts
from divecast.persistence.artifact import Artifact, read_artifact, write_artifact
from worlds import told

TABLE = told()
CPU, RECALIBRATION = torch.device("cpu"), "network.forecaster.recalibration."


@pytest.fixture(scope="module")
def saved(told_model: DeepDIVE, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "m"
    told_model.save(path)
    return path


@pytest.fixture
def whole(saved: Path) -> Artifact:
    return read_artifact(saved, KIND, SCHEMA)


def at(document: Any, *path: str | int) -> Any:
    for key in path:
        document = document[key]
    return document


DOCUMENT: dict[str, tuple[tuple[str | int, ...], Any, str]] = {
    "shares": (("vocabularies", 0, "frequencies"), [0.5 / 24] * 24, "frequencies above 0 that sum to 1"),
    "class": (("vocabularies", 1, "classes", 0), "Monday", "'Monday' is no class of the calendar factor 'weekday'"),
    "order": (("vocabularies", 1, "classes"), ["Tue", "Mon", "Wed", "Thu", "Fri", "Sat", "Sun"], "not in their order"),
    "kind": (("vocabularies", 2, "kind"), "cyclic", "factor 'promotion' is plain, and its classes are cyclic"),
    "linear start": (("provenance", "linear_start"), "ridge", "linear_start is 'ridge', and model.decoder.linear"),
    "correction": (("provenance", "correction"), -3.0, "correction is -3.0, expected a share"),
    "rows": (("provenance", "n_rows"), 0, "numbers of rows"),
    "bounds": (("provenance", "plan", "bounds"), None, "bounds of 'u' are not those of the settings"),
    "series": (("provenance", "plan", "series"), "independent", "series is 'independent'"),
    "frequency": (("frequency",), "a panel every moon", "a step such as"),
    "phases": (("frequency",), "a panel every 1D", "n_phases is 24, and a panel every 1D has 7"),
    "group": (("basis", 0, "terms", 0, "frequencies", 0), 0.2, "other frequencies than the classes of its factor"),
    "long name": (("channels", 0), "u" * 1001, "a text has 1001 characters, expected at most 1000: 'uuuu"),
    "pairs": (("pairs",), [[0, 1]] * 5000, "pairs has 5000 entries"),
}


@pytest.mark.parametrize("damage", DOCUMENT)
def test_a_document_that_no_fit_writes_is_refused(damage: str, whole: Artifact, tmp_path: Path) -> None:
    path, value, message = DOCUMENT[damage]
    at(whole.document, *path[:-1])[path[-1]] = value
    write_artifact(tmp_path / "m", whole)
    with pytest.raises(ArtifactError, match="not a valid divecast model") as error:
        read_model(tmp_path / "m", CPU)
    assert message in str(error.value)


TENSORS: dict[str, tuple[str, Callable[[torch.Tensor], torch.Tensor], str]] = {
    "falling quantiles": ("calibration", lambda each: each.flip(0), "quantiles of the calibration fall at step 1"),
    "seasonal error": ("seasonal_error", torch.neg, "seasonal error of 'u' is not above 0"),
    "infinite error": ("seasonal_error", lambda each: each / 0.0, "finite numbers or NaN in tensor 'seasonal_error'"),
    "limits": ("limits.low", lambda each: each + 1e9, "limits of 'u' do not rise"),
    "bounds": ("bounds.low", lambda each: each + 1.0, "bounds of 'u' are not those of the settings"),
    "closed": ("bounds.high", lambda each: torch.full_like(each, -1.0), "bounds of 'u' do not rise"),
    "noise": ("effects.noise", torch.neg, "effects.noise"),
    "large expectations": ("effects.expected", lambda each: each + 1e30, "numbers up to 1e+08 in effects.expected"),
    "large effects": ("effects.root", lambda root: root + 1e30, "numbers up to 1e+08 in effects.root"),
    "phases of errors": ("dependence.phases", lambda each: each + 1, "phases of errors from 0 to 23"),
    "shares of maps": ("network.forecaster.linear.share", lambda each: 3 * each, "shares of families of linear maps"),
    "shares of the correction": ("network.forecaster.shares", torch.neg, "shares of the correction"),
    "class weights": ("network.marginal.prior.factors.0.log_pi", torch.neg, "is not the logarithm of the frequencies"),
    "levels": (f"{RECALIBRATION}knots", lambda each: each.flip(0), "levels of the recalibration that rise"),
    "ages": (f"{RECALIBRATION}ages", lambda each: each + 1.0, "ages of the recalibration that rise from 0"),
    "factors": (f"{RECALIBRATION}by_age", lambda each: each + 99.0, "recalibration.by_age"),
}


@pytest.mark.parametrize("damage", TENSORS)
def test_numbers_that_no_fit_finds_are_refused(damage: str, whole: Artifact, tmp_path: Path) -> None:
    name, change, message = TENSORS[damage]
    write_artifact(
        tmp_path / "m", replace(whole, tensors={**whole.tensors, name: change(whole.tensors[name].clone()).clone()})
    )
    with pytest.raises(ArtifactError, match="not a valid divecast model") as error:
        read_model(tmp_path / "m", CPU)
    assert message in str(error.value)


def test_a_long_history_and_a_long_document_are_refused_before_they_are_read(
    whole: Artifact, saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole.document["provenance"]["history"] *= 5001
    write_artifact(tmp_path / "m", whole)
    with pytest.raises(ArtifactError, match=r"at most 10000 epochs of 100 losses .*, got 10002 epochs"):
        read_model(tmp_path / "m", CPU)
    monkeypatch.setattr(artifacts, "_MOST_DOCUMENT", 1 << 10)
    with pytest.raises(ArtifactError, match=r"a document of 0 MiB and \d+ tensors, expected at most 0 MiB"):
        read_model(saved, CPU)
    with pytest.raises(ArtifactError, match="could not be read"):
        write_artifact(tmp_path / "n", whole)


WAYS = (torch.neg, torch.zeros_like, lambda each: each * 1e30, lambda each: each.flip(0), lambda each: each + 7.0)


@pytest.mark.filterwarnings("ignore::divecast.DataWarning")
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.0, 1.0, exclude_max=True), way=st.sampled_from(WAYS))
def test_any_numbers_are_refused_or_forecast_numbers(
    share: float, way: Callable[[torch.Tensor], torch.Tensor], whole: Artifact, tmp_path: Path
) -> None:
    names = [name for name, tensor in whole.tensors.items() if tensor.is_floating_point()]
    name = names[int(share * len(names))]
    write_artifact(tmp_path / "m", replace(whole, tensors={**whole.tensors, name: way(whole.tensors[name]).clone()}))
    try:
        forecast = DeepDIVE.load(tmp_path / "m").forecast(TABLE, n_paths=2)
    except (ArtifactError, DataError):
        return
    for values in (forecast.mean, forecast.quantiles, forecast.paths):
        assert np.isfinite(values).all()


@pytest.mark.filterwarnings("ignore::divecast.DataWarning")
def test_a_forecast_that_is_no_number_is_an_error_everywhere(saved: Path, tmp_path: Path) -> None:
    model, table = DeepDIVE.load(saved), TABLE
    with torch.no_grad():
        model.fitted_model.network.forecaster.leave.bias.fill_(torch.inf)
        model.fitted_model.network.forecaster.shares.fill_(1.0)
    asks: list[Callable[[], Any]] = [
        lambda: model.forecast(table),
        lambda: model.forecast(table, n_paths=3),
        lambda: model.what_if(table, factor="weekday", to="Sun"),
        lambda: model.what_if(table, future={"temperature": 3.0}),
        lambda: model.evaluate(table, every=50),
        lambda: model.anomalies(table, every=50),
        lambda: model.why(table, part="test", every=50),
        lambda: model.sample(2),
        lambda: write_report(model, table, tmp_path / "r.html"),
        lambda: model.export(tmp_path / "m.pt2"),
    ]
    for ask in asks:
        with pytest.raises(DataError, match="no finite number"):
            ask()


def test_the_message_names_the_series_and_the_step() -> None:
    values = np.zeros((2, 3, 2), np.float32)
    check_finite(values, ("a", "b"))
    values[1, 2, 1] = np.nan
    check_finite(values, ("a", "b"), np.array([True, False]))
    with pytest.raises(DataError, match="forecast of series 'b' at step 3 is nan, no finite number"):
        check_finite(values, ("a", "b"))
    values[0] = np.inf
    with pytest.raises(DataError, match="series 'a' at step 1 is inf, no finite number, and so are 6 other values"):
        check_finite(values, ("a", "b"))
