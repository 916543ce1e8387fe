"""Model files of older layouts load and forecast as they did when they were written."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from divecast import ArtifactError, DeepDIVE, __version__
from divecast.inference.fitted_model import SCHEMA
from worlds import hours

FILES = Path(__file__).parent / "models"
# First and last step of the forecast after the end of ``hours()``, as divecast of that layout gave them.
FORECASTS = {
    "schema1_factors": [[5.6164, 29.2581, 94.6039, 544.128], [5.7168, 21.8819, 131.7332, 570.8363]],
    "schema2_factors": [[5.5612, 28.7157, 93.2157, 538.8366], [5.6283, 20.374, 129.8539, 560.1672]],
    "schema3_factors": [[5.7308, 28.6587, 92.6268, 533.2904], [5.5807, 20.3424, 129.4083, 557.3558]],
    "schema4_factors": [[5.7525, 28.6948, 91.4682, 530.6466], [5.569, 20.3252, 129.3005, 555.8224]],
    "schema5_factors": [[5.7486, 28.6759, 91.709, 530.1155], [5.5659, 20.3121, 129.3057, 556.5857]],
    "schema6_factors": [[5.745, 28.6605, 91.1583, 528.1268], [5.5634, 20.2631, 129.2491, 557.5145]],
    "schema1_plain": [[5.9213, 28.678, 87.0581, 511.536], [5.93, 23.8967, 122.6309, 537.0844]],
}


def schema_of(name: str) -> int:
    content = (FILES / f"{name}.safetensors").read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return json.loads(header["__metadata__"]["divecast"])["schema"]


def test_every_schema_has_a_file_of_its_time() -> None:
    assert {schema_of(name) for name in FORECASTS} == set(range(1, SCHEMA + 1)), "save a small model of the new schema"
    assert {path.stem for path in FILES.iterdir()} == set(FORECASTS)


@pytest.mark.parametrize("name", FORECASTS)
def test_an_old_model_forecasts_what_it_did(name: str) -> None:
    model = DeepDIVE.load(FILES / f"{name}.safetensors")
    if schema_of(name) < 4:
        assert model.info()["settings"]["losses"]["unlabelled_rise"] == 0.0
    if schema_of(name) < 5:
        assert model._need_fitted().dimensions.season == 0  # windows are filled by the last value, as they were
    assert model.info()["model"]["decoder"]["n_mixtures"] == (4 if schema_of(name) > 5 else 0)
    mean = model.forecast(hours().panel).mean[0]
    np.testing.assert_allclose(mean[[0, -1]], FORECASTS[name], rtol=1e-4)


def test_an_old_model_is_saved_in_the_new_layout(tmp_path: Path) -> None:
    model = DeepDIVE.load(FILES / "schema1_factors.safetensors")
    model.save(tmp_path / "m.safetensors")
    again = DeepDIVE.load(tmp_path / "m.safetensors")
    assert np.array_equal(again.forecast(hours().panel).mean, model.forecast(hours().panel).mean)
    assert again.infer_labels(hours().panel, "test").accuracy() == model.infer_labels(hours().panel, "test").accuracy()


@pytest.mark.parametrize(
    ("version", "mend"),
    [
        ("7.1.0rc2", f"Install divecast >= 7.1.0rc2, which wrote the file; this is divecast {__version__}."),
        (None, "Install a newer divecast."),
        ("\x1b[31m; rm -rf", "Install a newer divecast."),
    ],
)
def test_a_newer_schema_says_which_version_it_needs(version: object, mend: str, tmp_path: Path) -> None:
    document = {"kind": "model", "schema": SCHEMA + 1, "version": version, "body": {}}
    save_file({"w": torch.zeros(1)}, tmp_path / "m", {"divecast": json.dumps(document), "sha256": "of its own kind"})
    with pytest.raises(ArtifactError) as error:
        DeepDIVE.load(tmp_path / "m")
    assert str(error.value).endswith(f"has schema {SCHEMA + 1}, this version reads schemas up to {SCHEMA}. {mend}")


def test_a_saved_model_says_who_wrote_it(tmp_path: Path) -> None:
    DeepDIVE.load(FILES / "schema6_factors.safetensors").save(tmp_path / "m")
    with safe_open(tmp_path / "m", framework="pt") as file:
        assert json.loads(file.metadata()["divecast"])["version"] == __version__
