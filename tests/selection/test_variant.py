"""Settings by dotted names, and their combinations."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import ConfigError, DeepDIVE
from divecast.selection.variant import variants, varied
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


@settings(deadline=None)
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


@settings(deadline=None)
@given(
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    draws=st.none() | st.integers(1, 40),
    seed=st.integers(0),
)
def test_all_combinations_or_some_drawn_from_them_each_once(lengths, draws, seed):
    tries = {f"s{at}": list(range(length)) for at, length in enumerate(lengths)}
    every = [dict(zip(tries, each, strict=True)) for each in product(*tries.values())]
    found = variants(tries, draws, seed)
    if draws is None or draws >= len(every):
        assert found == every
    else:
        assert len(found) == draws
        assert [each for each in every if each in found] == found


@pytest.mark.parametrize("values", [[], 3, "abc", None])
def test_values_are_a_list(values):
    with pytest.raises(ConfigError, match=r"Expected a list of values for 'training\.clip'"):
        variants({"training.clip": values}, None, 0)


def test_more_fits_than_anyone_waits_for_are_refused_before_they_are_listed() -> None:
    tries = {"training.clip": [0.5, 1.0], "training.learning_rate": [1e-3] * 10**5}
    for draws, runs in ((None, 1), (10, 10**12)):
        with pytest.raises(ConfigError, match="more than 100,000 fits"):
            variants(tries, draws, 0, runs)
    assert len(variants(tries, 10, 0, 3)) == 10
