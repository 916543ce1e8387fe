"""Attention against ablation step by step, and the page of it."""

import numpy as np
import pytest

from research.why.page import page
from research.why.run import by_step, line_of
from worlds import hours


def test_each_step_is_held_against_attention_on_its_own(hours_model):
    found = hours_model.why(hours().panel, "test", every=5)
    listed = by_step(found)
    assert set(listed) == {"all", "hour", "weekend"}
    assert {len(values) for values in listed.values()} == {6}
    # a step whose changes are the attention itself agrees wholly, and the others are as they were
    change = found.change.copy()
    change[:, :2, 3] = found.agreement.attention
    object.__setattr__(found, "change", change)
    again = by_step(found)
    assert [values[3] for values in again.values()] == [1.0, 1.0, 1.0]
    assert [values[:3] for values in again.values()] == [values[:3] for values in listed.values()]


def test_the_page_has_shares_and_correlations_by_step(hours_model):
    found = line_of(hours_model.why(hours().panel, "test", every=5))
    lines = [{**found, "case": "loads", "about": "about", "seed": seed, "overall": 0.4 + 0.2 * seed} for seed in (0, 1)]
    text = page(lines)
    assert "- `loads`: rank correlation 0.50 ± 0.14; attention is shown in" in text
    assert "| step | 1 | 3 | 6 |" in text
    share = [found["share"]["b_hour"][step - 1] for step in (1, 3, 6)]
    assert f"| share of b_hour | {' | '.join(f'{value:.2f} ± 0.00' for value in share)} |" in text
    assert f"| rank correlation, all | {found['by_step']['all'][0]:.2f} ± 0.00 |" in text


def test_one_seed_and_what_is_not_defined(hours_model):
    found = line_of(hours_model.why(hours().panel, "test", every=5))
    found["by_step"]["weekend"] = [np.nan] * 6
    text = page([{**found, "case": "loads", "about": "about", "seed": 0}])
    assert "±" not in text
    assert "| rank correlation, weekend | none | none | none |" in text
    assert sum(values[0] for values in found["share"].values()) == pytest.approx(1.0, abs=2e-3)
