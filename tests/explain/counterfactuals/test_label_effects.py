"""What the labels say of a."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from divecast import DataError, DataWarning, DeepDIVE
from divecast.explain.code import infer_code
from divecast.explain.counterfactuals import label_effects
from divecast.explain.counterfactuals.label_effects import LabelEffects, effects_for
from divecast.explain.counterfactuals.what_if import wanted_classes, with_classes
from divecast.inference.predict import batches
from divecast.model.linear.label_covariates import label_covariates, n_label_covariates
from plain import plain_model
from worlds import hours

PANEL = hours().panel
MONDAY_11 = "2024-01-22 12:00"


def test_known_effects_are_found(hours_model: DeepDIVE, monkeypatch: pytest.MonkeyPatch) -> None:
    """a is made of the covariates and of noise that they do not tell: a moves by the one and keeps the other."""
    fitted = hours_model.fitted_model
    windows = fitted.windows(PANEL, "all")
    pairs = ((0, 1),)
    draw = torch.Generator().manual_seed(0)
    truth = torch.randn(n_label_covariates(fitted.dimensions.n_classes, pairs), 3, generator=draw)

    def planted(fitted, batch, mode):
        code = infer_code(fitted, batch, mode)
        noise = 0.1 * torch.randn(len(code.a), 3, generator=draw)
        return replace(code, a=label_covariates(code.classes, pairs, code.a) @ truth + noise)

    monkeypatch.setattr(label_effects, "infer_code", planted)
    effects = LabelEffects.of(fitted, windows)
    assert (effects.explained > 0.95).all()
    batch = next(batches(fitted, windows.subset(slice(0, 200))))
    own = planted(fitted, batch, "known")
    changed = with_classes(fitted, own, wanted_classes(fitted, {"hour": "07"}).expand(len(own.a), -1))
    new, old = (label_covariates(code.classes, pairs, code.a) for code in (changed, own))
    expected = own.a + (new - old) @ truth
    assert (effects.adjusted(own, changed).a - expected).abs().mean() < 0.1 * (expected - own.a).abs().mean()


def test_there_and_back_is_the_same(hours_model: DeepDIVE) -> None:
    fitted = hours_model.fitted_model
    windows = fitted.windows(PANEL, "all")
    effects = LabelEffects.of(fitted, windows)
    batch = next(batches(fitted, windows.subset(slice(0, 50))))
    own = infer_code(fitted, batch, "known")
    away = effects.adjusted(own, with_classes(fitted, own, wanted_classes(fitted, {"hour": "07"}).expand(50, -1)))
    assert (away.a - own.a).abs().max() > 0.0
    back = effects.adjusted(away, with_classes(fitted, away, batch.labels))
    torch.testing.assert_close(back.a, own.a, rtol=1e-4, atol=1e-5)
    assert torch.equal(effects.adjusted(own, own).a, own.a)


def test_kept_is_the_code_as_it_was(hours_model: DeepDIVE) -> None:
    adjusted = hours_model.what_if(PANEL, at=MONDAY_11, to={"hour": "23"})
    kept = hours_model.what_if(PANEL, at=MONDAY_11, to={"hour": "23"}, unlabelled_code="kept")
    np.testing.assert_array_equal(adjusted.factual.mean, kept.factual.mean)
    moved, stayed = (np.abs(each.counterfactual_window.mean - each.factual_window.mean) for each in (adjusted, kept))
    assert (moved / PANEL.values.std(0)).mean() > (stayed / PANEL.values.std(0)).mean()


def test_data_too_short_to_see_it_are_refused(hours_model: DeepDIVE) -> None:
    short = PANEL.rows(0, 24 + 51 - 1)
    with pytest.raises(DataError, match=r'at least 52, got 51. Use more data, or pass "kept" as unlabelled_code='):
        hours_model.what_if(short, to={"hour": "03"})
    assert len(hours_model.what_if(short, to={"hour": "03"}, unlabelled_code="kept").difference) == 1


def test_a_class_the_data_do_not_have_is_told(hours_model: DeepDIVE) -> None:
    week_days = PANEL.rows(0, 5 * 24)  # Monday to Friday
    with pytest.warns(DataWarning, match="no window of weekend yes, so a is not adjusted to it"):
        hours_model.what_if(week_days, to={"weekend": "yes"})
    assert len(hours_model.what_if(week_days, to={"weekend": "no"}).difference) == 1


def test_without_labels_there_is_nothing_to_adjust() -> None:
    fitted = plain_model().fitted_model
    windows = fitted.windows(PANEL, "all", every=1)
    assert effects_for(fitted, windows, "adjusted") is None


def test_a_traversal_of_b_can_take_a_along(hours_model: DeepDIVE) -> None:
    kept = hours_model.traverse(PANEL, "b_hour", at=MONDAY_11)
    adjusted = hours_model.traverse(PANEL, "b_hour", at=MONDAY_11, unlabelled_code="adjusted")
    np.testing.assert_array_equal(kept.own_windows, adjusted.own_windows)
    assert adjusted.windows.std(1).mean() > kept.windows.std(1).mean()
