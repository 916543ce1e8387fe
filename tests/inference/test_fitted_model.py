"""What a fit leaves behind, without the data."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from divecast import ArtifactError, DataError, DataWarning, DeepDIVE, Panel
from divecast.inference.model_file import KIND, SCHEMA, read_model, write_model
from divecast.persistence.artifact import Artifact, read_artifact, write_artifact
from laws import assert_same_bits, frozen
from worlds import hours

CPU = torch.device("cpu")


def test_it_reads_back_whole(hours_model: DeepDIVE, moves_model: DeepDIVE, tmp_path: Path) -> None:
    for model in (hours_model, moves_model):
        fitted = model.fitted_model
        write_model(fitted, tmp_path / "m")
        again = read_model(tmp_path / "m", CPU)
        for name in ("dimensions", "channels", "vocabularies", "frequency", "provenance"):
            assert getattr(again, name) == getattr(fitted, name)
        assert_same_bits(frozen(again.network), frozen(fitted.network))
        assert not again.network.training
        np.testing.assert_array_equal(again.scale.center, fitted.scale.center)
        np.testing.assert_array_equal(again.scale.spread, fitted.scale.spread)
        np.testing.assert_array_equal(again.seasonal_error, fitted.seasonal_error)
        assert again.calibration.levels == fitted.calibration.levels
        assert torch.equal(again.calibration.quantiles, fitted.calibration.quantiles)


def test_labels_of_recordings_are_not_without_effect(moves_model: DeepDIVE) -> None:
    assert moves_model.info()["without_effect"] == []


@pytest.mark.parametrize("lost", ["channels", "vocabularies", "season", "levels", "frequency", "provenance"])
def test_an_artifact_without_a_part_is_refused(lost: str, hours_model: DeepDIVE, tmp_path: Path) -> None:
    hours_model.save(tmp_path / "m")
    artifact = read_artifact(tmp_path / "m", KIND, SCHEMA)
    document = {name: value for name, value in artifact.document.items() if name != lost}
    write_artifact(tmp_path / "m", replace(artifact, document=document))
    with pytest.raises(ArtifactError, match="is not a valid divecast model"):
        read_model(tmp_path / "m", CPU)


@pytest.mark.parametrize("lost", ["network.decoder.courses.weight", "scale.center", "calibration"])
def test_an_artifact_without_a_tensor_is_refused(lost: str, hours_model: DeepDIVE, tmp_path: Path) -> None:
    hours_model.save(tmp_path / "m")
    artifact = read_artifact(tmp_path / "m", KIND, SCHEMA)
    tensors = {name: value for name, value in artifact.tensors.items() if name != lost}
    write_artifact(tmp_path / "m", Artifact(KIND, SCHEMA, artifact.document, tensors))
    with pytest.raises(ArtifactError, match="is not a valid divecast model"):
        read_model(tmp_path / "m", CPU)


def test_channels_are_brought_into_the_models_order(hours_model: DeepDIVE) -> None:
    fitted, panel = hours_model.fitted_model, hours().panel
    with pytest.warns(DataWarning, match="put in the order of the model"):
        turned = fitted.source(panel.select(["s2", "s0", "s3", "s1"]))
    assert turned.channels == fitted.channels
    np.testing.assert_array_equal(turned.values, panel.values)
    wide = Panel.from_array(np.hstack([panel.values, panel.values]), "2024-01-01", "1h", [*panel.channels, *"abcd"])
    with pytest.warns(DataWarning, match="4 channels unknown to the model left out: .*'a'"):
        assert fitted.source(wide).channels == fitted.channels


def test_missing_channels_and_another_clock(hours_model: DeepDIVE, moves_model: DeepDIVE) -> None:
    fitted, panel = hours_model.fitted_model, hours().panel
    with pytest.warns(DataWarning, match="2 of 4 series of the model are not in the data, .*missing: 's0', 's3'"):
        fewer = fitted.source(panel.select(["s1", "s2"]))
    np.testing.assert_array_equal(fewer.values[:, 1:3], panel.values[:, 1:3])
    assert np.isnan(fewer.values[:, [0, 3]]).all()
    none = replace(panel, channels=("a", "b", "c", "d"))
    with pytest.raises(DataError, match="4 of 4 channels of the model are missing"):
        fitted.source(none)
    with pytest.raises(DataError, match=r"another sampling .*: expected a panel every 1h, got a panel every 30min"):
        fitted.source(Panel.from_array(panel.values, "2024-01-01", "30min", panel.channels))
    with pytest.raises(DataError, match="got a panel every 1h"):
        moves_model.fitted_model.source(Panel.from_array(np.ones((99, 2)), "2024-01-01", "1h", ["ax", "wx"]))
