"""Settings by dotted names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from divecast import ConfigError, DeepDIVE
from divecast.selection.variant import varied
from selection.here import small


def test_what_is_named_is_changed_and_nothing_else():
    plan = small().plan
    found = varied(plan, {"lookback": 48, "training.clip": 0.5, "model.code.n_conditional": 7})
    assert (found.lookback, found.training.clip, found.model.code.n_conditional) == (48, 0.5, 7)
    back = {"lookback": 24, "training.clip": plan.training.clip, "model.code.n_conditional": 3}
    assert varied(found, back) == plan


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"horizon": 3}, "'horizon' cannot be searched. Name a setting below lookback, model, training, losses"),
        ({"trainin.clip": 1}, "Did you mean 'training'"),
        ({"training.clipp": 1}, "TrainingConfig has no setting 'clipp'. Did you mean 'clip'"),
        ({"losses.zzz": 1}, "LossConfig has no setting 'zzz'. Choose one of forecast, reconstruction"),
        ({"model.code": 1}, "Expected the name of a single setting"),
        ({"training.clip.x": 1.0}, "Expected the name of a single setting"),
        ({"training.epochs": 0}, "epochs must be >= 1: got 0"),
        ({"training.epochs": "many"}, "epochs must be a whole number or None: got 'many'"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(settings, said):
    with pytest.raises(ConfigError, match=said):
        varied(small().plan, settings)


NAMES = st.sampled_from(["lookback", "training.epochs", "training.monitor", "losses.forecast", "model.code.given_b"])


@given(
    name=st.text() | NAMES,
    value=st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers()),
)
def test_whatever_is_named_is_set_or_refused_in_our_words(name, value):
    try:
        found = DeepDIVE.from_plan(varied(small().plan, {name: value}))
    except ConfigError:
        return
    assert found.plan == varied(found.plan, {name: value})
