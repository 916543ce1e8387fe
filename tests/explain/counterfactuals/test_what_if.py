"""What if: laws of a class that is handed over."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from divecast import CodeConfig, ConfigError, DeepDIVE, ModelConfig, TrainingConfig
from divecast.explain.code import infer_code
from divecast.explain.counterfactuals.what_if import wanted_classes, with_classes
from divecast.inference.predict import batches
from plain import plain_model
from worlds import SMALL, hours, moves

PANEL, RECORDINGS = hours().panel, moves()
SUNDAY_11, MONDAY_11 = "2024-01-21 12:00", "2024-01-22 12:00"  # windows that end at 11 in the morning
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


@pytest.mark.parametrize("a", ["adjusted", "kept"])
def test_the_class_a_window_has_changes_nothing(hours_model: DeepDIVE, a: str) -> None:
    found = hours_model.what_if(PANEL, at=[SUNDAY_11, MONDAY_11], to={"hour": "11"}, unlabelled_code=a)
    np.testing.assert_array_equal(found.difference, 0.0)
    np.testing.assert_array_equal(found.counterfactual.quantiles, found.factual.quantiles)
    np.testing.assert_array_equal(found.counterfactual_window.mean, found.factual_window.mean)


def test_the_factual_forecast_is_the_forecast(hours_model: DeepDIVE) -> None:
    for labels in ("known", "infer"):
        found = hours_model.what_if(PANEL, at=MONDAY_11, factor="weekend", to="yes", labels=labels)
        plain = hours_model.forecast(PANEL, start=MONDAY_11, stop=MONDAY_11, labels=labels)
        np.testing.assert_allclose(found.factual.mean, plain.mean, rtol=1e-6)
        np.testing.assert_allclose(found.factual.quantiles, plain.quantiles, rtol=1e-6)


def test_paths_of_both_have_the_same_random_numbers(hours_model: DeepDIVE) -> None:
    found = hours_model.what_if(PANEL, at=[SUNDAY_11, MONDAY_11], to={"hour": "11"}, n_paths=7)
    np.testing.assert_array_equal(found.factual.paths, found.counterfactual.paths)
    for window, start in enumerate((SUNDAY_11, MONDAY_11)):
        plain = hours_model.forecast(PANEL, start=start, stop=start, n_paths=7)
        np.testing.assert_allclose(found.factual.paths[:, window], plain.paths[:, 0], rtol=1e-5)
    plain = hours_model.forecast(PANEL, n_paths=7)
    last = hours_model.what_if(PANEL, to={"hour": "03"}, n_paths=7)
    np.testing.assert_array_equal(last.factual.paths, plain.paths)  # to the last bit
    moved = (last.counterfactual.paths - last.factual.paths).mean(axis=0)
    np.testing.assert_allclose(moved, last.difference, rtol=1e-3, atol=3e-3 * np.abs(last.factual.mean).max())
    table = last.path_frame(backend="pandas")
    np.testing.assert_allclose(table["difference"], table["counterfactual"] - table["factual"], rtol=1e-5, atol=1e-4)
    assert table.columns[:3].tolist() == ["path", "unique_id", "origin"]
    assert len(table) == last.factual.paths.size
    with pytest.raises(ConfigError, match="no sample paths"):
        hours_model.what_if(PANEL, to={"hour": "03"}).path_frame()
    with pytest.raises(ConfigError, match="more than half of the memory"):
        hours_model.what_if(PANEL, to={"hour": "03"}, n_paths=10**12)


def test_a_class_moves_the_forecast_towards_what_that_class_does(hours_model: DeepDIVE) -> None:
    """In this world the weekend has a profile of its own: the truth of the other class is known."""
    world = hours()
    found = hours_model.what_if(world.panel, at=MONDAY_11, factor="weekend", to="yes")
    first = PANEL.clock.row_of(MONDAY_11)
    other = world.clean[first - 24 : first - 18] - world.clean[first : first + 6]  # Sunday's less Monday's
    moved = found.difference[0] / world.clean.std(0)
    assert np.corrcoef(moved.ravel(), (other / world.clean.std(0)).ravel())[0, 1] > 0.5


def test_the_difference_is_counterfactual_less_factual(hours_model: DeepDIVE) -> None:
    found = hours_model.what_if(PANEL, at=[SUNDAY_11, MONDAY_11], to={"hour": "03", "weekend": "yes"})
    np.testing.assert_array_equal(found.difference, found.counterfactual.mean - found.factual.mean)
    assert np.abs(found.difference).max() > 0.0
    assert found.before.names.tolist() == [["11", "yes"], ["11", "no"]]
    assert found.after.names.tolist() == [["03", "yes"], ["03", "yes"]]
    np.testing.assert_array_equal(found.before.probabilities, 1.0)


@given(hour=st.integers(0, 23))
def test_only_the_asked_block_moves(hours_model: DeepDIVE, hour: int) -> None:
    fitted = hours_model.fitted_model
    windows = fitted.windows(PANEL, "all", every=100)
    batch = next(batches(fitted, windows))
    own = infer_code(fitted, batch, "infer")
    wanted = wanted_classes(fitted, {"hour": f"{hour:02d}"}).expand(len(batch.x), -1)
    moved = with_classes(fitted, own, wanted)
    path, at_hour = fitted.network.marginal, torch.tensor([hour])
    centre = path.prior.mixtures()[0].component(at_hour).loc
    blocks, before = path.blocks(moved.b), path.blocks(own.b)
    torch.testing.assert_close(blocks[0], centre.expand_as(blocks[0]), rtol=0, atol=0)
    assert torch.equal(blocks[1], before[1])
    assert torch.equal(moved.a, own.a)
    assert torch.equal(moved.classes[1], own.classes[1])
    assert (moved.classes[0].argmax(1) == hour).all()
    assert (moved.classes[0].max(1).values == 1.0).all()


def test_a_label_that_is_missing_is_inferred(moves_model: DeepDIVE) -> None:
    """Every third recording has no side."""
    found = moves_model.what_if(RECORDINGS, at=list(RECORDINGS.names[:3]), to={"move": "slow"})
    assert (found.before.probabilities[:2] == 1.0).all()
    assert found.before.probabilities[2, 0] == 1.0
    assert found.before.probabilities[2, 1] < 1.0
    np.testing.assert_array_equal(found.before.names[:, 1], found.after.names[:, 1])
    np.testing.assert_array_equal(found.before.probabilities[:, 1], found.after.probabilities[:, 1])


@pytest.mark.parametrize("labels", ["given", "latent"])
def test_classes_of_a_code_that_is_the_class(labels: str) -> None:
    model = ModelConfig(SMALL.encoder, CodeConfig(n_conditional=3, labels=labels), SMALL.decoder)
    training = TrainingConfig(epochs=1, batch_size=512)
    fitted = DeepDIVE(6, 24, ["hour", "weekend"], model=model, training=training).fit(PANEL, progress=False)
    same = fitted.what_if(PANEL, at=MONDAY_11, to={"weekend": "no"})
    np.testing.assert_array_equal(same.difference, 0.0)
    other = fitted.what_if(PANEL, at=MONDAY_11, to={"weekend": "yes"})
    assert np.abs(other.difference).max() > 0.0
    assert other.after.names.tolist() == [["11", "yes"]]


def test_frames(hours_model: DeepDIVE, moves_model: DeepDIVE) -> None:
    found = hours_model.what_if(PANEL, at=[SUNDAY_11, MONDAY_11], factor="weekend", to="yes", levels=(0.1, 0.9))
    table = found.frame().to_pandas()
    head = ["unique_id", "origin", "hour_before", "hour_after", "weekend_before", "weekend_after", "step", "ds"]
    assert list(table.columns[:11]) == [*head, "factual", "counterfactual", "difference"]
    assert list(table.columns[11:]) == [f"{name}_q{q}" for name in ("factual", "counterfactual") for q in (0.1, 0.9)]
    row = table[(table.unique_id == "s2") & (table.step == 4) & (table.weekend_before == "no")]
    assert row.factual.item() == found.factual.mean[1, 3, 2]
    assert str(row.ds.item()) == "2024-01-22 15:00:00"
    assert row["counterfactual_q0.9"].item() == found.counterfactual.quantiles[1, 1, 3, 2]
    seen = found.window_frame().to_pandas()
    assert list(seen.columns[-3:]) == ["truth", "factual", "counterfactual"]
    last = seen[(seen.unique_id == "s1") & (seen.step == 0)]
    np.testing.assert_array_equal(last.truth, found.factual_window.truth[:, -1, 1])
    assert (last.ds == last.end).all()
    assert "recording" in moves_model.what_if(RECORDINGS, at="r0", to={"move": "slow"}).frame().column_names


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"factor": "wekday", "to": "Sun"}, r"no factor 'wekday': expected 'hour', 'weekend'. Did you mean 'weekend'"),
        ({"factor": "weekend", "to": "Sun"}, "'weekend' has no class 'Sun'"),
        ({"to": {"hour": 3}}, "no class 3"),
        ({"to": {}}, "No class to change to"),
        ({"to": "yes"}, "factor None"),
        ({"factor": "weekend", "to": {"weekend": "yes"}}, "alone"),
        ({"factor": "weekend", "to": "yes", "levels": (0.9, 0.1)}, "increase"),
        ({"factor": "weekend", "to": "yes", "labels": "some"}, '"known" or "infer"'),
        ({"factor": [], "to": "yes"}, "Expected a factor and its class"),
        ({"factor": "weekend", "to": "yes", "unlabelled_code": "moved"}, '"adjusted" or "kept"'),
    ],
)
def test_mistakes(hours_model: DeepDIVE, asked: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        hours_model.what_if(PANEL, at=MONDAY_11, **asked)


def test_a_model_without_labels_has_nothing_to_ask() -> None:
    plain = plain_model()
    with pytest.raises(ConfigError, match="Fit the model with factors="):
        plain.what_if(PANEL, at=MONDAY_11, to={"hour": "03"})
