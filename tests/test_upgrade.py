"""Model files of older layouts load and forecast as they did when they were written."""

from pathlib import Path

import numpy as np
import pytest

from divecast import DeepDIVE
from worlds import hours

FILES = Path(__file__).parent / "models"
# First and last step of the forecast after the end of ``hours()``, as divecast of that layout gave them.
FORECASTS = {
    "schema1_factors": [[5.6164, 29.2581, 94.6039, 544.128], [5.7168, 21.8819, 131.7332, 570.8363]],
    "schema2_factors": [[5.5612, 28.7157, 93.2157, 538.8366], [5.6283, 20.374, 129.8539, 560.1672]],
    "schema3_factors": [[5.7308, 28.6587, 92.6268, 533.2904], [5.5807, 20.3424, 129.4083, 557.3558]],
    "schema1_plain": [[5.9213, 28.678, 87.0581, 511.536], [5.93, 23.8967, 122.6309, 537.0844]],
}


@pytest.mark.parametrize("name", FORECASTS)
def test_an_old_model_forecasts_what_it_did(name: str) -> None:
    model = DeepDIVE.load(FILES / f"{name}.safetensors")
    assert model.info()["settings"]["losses"]["unlabelled_rise"] == 0.0
    mean = model.forecast(hours().panel).mean[0]
    np.testing.assert_allclose(mean[[0, -1]], FORECASTS[name], rtol=1e-4)


def test_an_old_model_is_saved_in_the_new_layout(tmp_path: Path) -> None:
    model = DeepDIVE.load(FILES / "schema1_factors.safetensors")
    model.save(tmp_path / "m.safetensors")
    again = DeepDIVE.load(tmp_path / "m.safetensors")
    assert np.array_equal(again.forecast(hours().panel).mean, model.forecast(hours().panel).mean)
    assert again.infer_labels(hours().panel, "test").accuracy() == model.infer_labels(hours().panel, "test").accuracy()
