"""Facts of the series: read as features, used by the network, and saved with the model."""

import numpy as np
import pandas as pd

from divecast import DecoderConfig, DeepDIVE, EncoderConfig, ModelConfig, TrainingConfig
from divecast.data import as_panel
from divecast.fit.static_features import static_features

SMALL = ModelConfig(encoder=EncoderConfig(width=16, n_mixtures=4, time_features=4), decoder=DecoderConfig(width=16))


def table(n=480):
    hours = pd.date_range("2024-01-01", periods=n, freq="h")
    draw = np.random.default_rng(0)
    values = {name: draw.normal(size=n) + np.sin(np.arange(n) / 4) for name in ("north", "south", "west")}
    return pd.DataFrame({"ds": hours, **values})


FACTS = pd.DataFrame(
    {"unique_id": ["south", "north", "west"], "area": [3.0, 1.0, None], "kind": ["shop", None, "depot"]}
)


def test_numbers_are_in_units_of_their_spread_and_categories_are_indicators():
    found = static_features(as_panel(table(), static=FACTS)).numpy()  # columns: area, then depot and shop
    np.testing.assert_allclose(found, [[-1, 0, 0], [1, 0, 1], [0, 1, 0]])


def test_a_panel_without_facts_has_no_features():
    assert static_features(as_panel(table())).shape == (3, 0)


def test_the_network_reads_the_facts_and_they_are_saved(tmp_path):
    training = TrainingConfig(epochs=1, window_stride=7, batch_size=16)
    model = DeepDIVE(6, 24, ["hour"], model=SMALL, training=training)
    model.fit(table(), static=FACTS, progress=False)
    assert model.fitted_model.dimensions.n_static == 3
    before = model.forecast(table()).mean
    assert model.fitted_model.part_of(as_panel(table()), "test") is not None  # the facts need not be told again
    model.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(DeepDIVE.load(tmp_path / "model.safetensors").forecast(table()).mean, before)
    forecaster = model.fitted_model.network.forecaster
    forecaster.shares.fill_(1.0)  # of such noise, the network's share may be none
    whole = model.forecast(table()).mean
    forecaster.static.zero_()
    assert not np.array_equal(model.forecast(table()).mean, whole)
