"""A labelling that moves the values is kept, one that does not is dropped, and neither changes the forecasts."""

from copy import copy
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pytest

from divecast import ConfigError, DataError, DeepDIVE, Label, Panel, TrainingConfig
from divecast.fit import add_factor as adding
from divecast.fit.proposals.labelling import labelled
from divecast.fit.proposals.measures import explained_share
from divecast.fit.proposals.propose import LabellingTest, ProposalSettings
from divecast.fit.proposals.shuffles import AgainstShuffled
from divecast.inference.predict import encode_windows
from laws import assert_same_bits, frozen
from worlds import SMALL, hours, moves

WORLD = hours(weeks=10)
PANEL = WORLD.panel
DAYS = np.arange("2024-01-01", "2024-03-11", dtype="datetime64[D]")
STRIKES = np.sort(np.random.default_rng(3).choice(DAYS[1:], 20, replace=False)).astype(str).tolist()
"""Days whose cycle is turned round; the model was fitted on a world without them."""


def struck() -> Panel:
    values, level = PANEL.values.copy(), PANEL.values.mean(0)
    on = np.isin(PANEL.clock.local(np.arange(len(values))).astype("datetime64[D]").astype(str), STRIKES)
    values[on] = 2 * level - values[on]
    return Panel.from_array(values, "2024-01-01", "1h", list(PANEL.channels))


def copied(fitted: DeepDIVE) -> DeepDIVE:
    model = DeepDIVE.from_plan(fitted.plan)
    model._fitted = fitted.fitted_model
    return model


@pytest.fixture(scope="module")
def proposed(hours_model):
    model = copied(hours_model)
    return model, model.propose_factor(struck(), STRIKES, name="strike")


def test_days_that_move_the_values_are_kept(proposed, hours_model):
    model, proposal = proposed
    assert proposal.kept
    assert proposal.read.value > 0.7 > proposal.read.shuffled_mean
    assert proposal.of_errors.p <= 0.05
    assert proposal.of_errors.value > 0.05
    assert "fit again with it as a factor" in proposal.advice
    assert model.infer_labels(PANEL).factors == ("hour", "weekend", "strike")
    assert [each.name for each in proposal.classes] == ["no", "yes"]
    assert proposal.classes[1].error_ratio > 1.2


def test_forecasts_stay_as_they_were(proposed, hours_model):
    model, _ = proposed
    assert_same_bits(frozen(model.fitted_model.network), frozen(hours_model.fitted_model.network))
    np.testing.assert_array_equal(model.forecast(PANEL).mean, hours_model.forecast(PANEL).mean)


def test_a_proposal_is_a_table_and_words(proposed):
    _, proposal = proposed
    table = proposal.frame(backend="polars")
    assert table["measure"].to_list() == ["read", "of_a", "of_errors"]
    assert table["p"][0] == proposal.read.p == 1 / (1 + proposal.read.n_shuffles)
    assert "strike: kept" in str(proposal)


def test_days_that_move_nothing_are_dropped(hours_model, monkeypatch):
    monkeypatch.setattr(adding, "_STEPS", 40)
    model = copied(hours_model)
    proposal = model.propose_factor(PANEL, STRIKES, name="strike")
    assert not proposal.kept
    assert model.fitted_model is hours_model.fitted_model
    assert "no better than" in proposal.reason
    assert proposal.of_errors.p > 0.05


@pytest.mark.slow
def test_chance_keeps_no_more_labellings_than_alpha_allows(hours_model, monkeypatch):
    monkeypatch.setattr(adding, "_STEPS", 40)
    kept = []
    for seed in range(20):
        days = np.random.default_rng(seed).choice(DAYS[1:], 20, replace=False).astype(str).tolist()
        kept.append(copied(hours_model).propose_factor(PANEL, days, name="strike").kept)
    assert sum(kept) <= 3  # of 20 at 5 %: more have a probability below 2 %


def test_what_the_factors_tell_already_is_dropped(hours_model, monkeypatch):
    monkeypatch.setattr(adding, "_STEPS", 40)
    weekends = [str(day) for day in DAYS if not np.is_busday(day)]
    proposal = copied(hours_model).propose_factor(PANEL, weekends, name="closed")
    assert proposal.told_by_factors == 1.0
    assert not proposal.kept
    assert "tell it already" in proposal.reason


def test_too_few_spans_are_not_enough(hours_model, monkeypatch):
    monkeypatch.setattr(adding, "_STEPS", 40)
    proposal = copied(hours_model).propose_factor(struck(), STRIKES[:8] + STRIKES[-2:], name="strike")
    assert not proposal.kept
    assert "Too few to tell" in proposal.reason


def test_labels_of_recordings_are_exchanged_within_people(moves_model, monkeypatch):
    monkeypatch.setattr(adding, "_STEPS", 150)
    data = moves(n_each=8)
    faster = dict(zip(data.names, data.labels["move"], strict=True))
    proposal = copied(moves_model).propose_factor(data, faster, name="speed", n_shuffles=99)
    assert proposal.unit == "recording"
    assert proposal.shuffled == "exchanged among recordings within each person"
    assert proposal.kept
    assert proposal.read.value > 0.9
    held = {each.name: each.n_spans for each in proposal.classes}
    assert held == {"fast": 4, "slow": 4}


def test_labels_of_people_are_exchanged_among_people(moves_model, monkeypatch):
    monkeypatch.setattr(adding, "_STEPS", 20)
    data = moves(n_each=8)
    tall = {
        name: "yes" if person in ("p1", "p3", "p4", "p6") else "no"
        for name, person in zip(data.names, data.labels["person"], strict=True)
    }
    proposal = copied(moves_model).propose_factor(data, tall, name="tall", n_shuffles=99)
    assert proposal.shuffled == "exchanged among persons"
    assert proposal.read.p > 0.1  # of two people held out there are two arrangements


@pytest.mark.slow
def test_errors_of_independent_series_are_explained_by_days_that_move_them():
    model = DeepDIVE(6, 24, ["hour"], model=SMALL, training=TrainingConfig(epochs=1), series="independent")
    model.fit(PANEL, progress=False)
    moved, plain = (copied(model).propose_factor(each, STRIKES, name="strike") for each in (struck(), PANEL))
    assert moved.of_errors.p <= 0.05 < plain.of_errors.p
    assert moved.of_errors.value > 0.05
    assert moved.read.value > plain.read.value
    assert not plain.kept


def test_p_of_random_classes_is_uniform(moves_model):
    """Without a fit: what a says of 40 labellings drawn at random, next to those exchanged within people."""
    fitted, data, found, a = moves_model.fitted_model, moves(n_each=8), [], None
    for seed in range(40):
        classes = np.random.default_rng([seed, 1]).permutation(np.array(["a", "b", "c", "d"] * 8))
        labels = dict(zip(data.names, classes, strict=True))
        test = LabellingTest.of(
            fitted, labelled(data, labels, "x", "auto"), Label("x"), ProposalSettings(n_shuffles=39)
        )
        windows, units = test.held_out, test.held_out.segments
        a = encode_windows(fitted, windows).a_mean.astype(float) if a is None else a
        own = np.where(test.compared, test.classes, -1)
        share = partial(_share, units, a)
        found.append(AgainstShuffled.of(share, own, test.shuffles).p)
    assert 0.35 < np.mean(found) < 0.65
    assert sum(p <= 0.1 for p in found) <= 10  # 4 are expected


def _share(units, values, classes):
    return explained_share(classes[units], values, 4)


def test_classes_of_series_are_measured_and_never_kept(hours_model):
    panel = hours(n_channels=12).panel
    from worlds import fit_hours

    model = fit_hours(data=panel, epochs=1)
    odd = {name: "odd" if int(name[1:]) % 2 else "even" for name in panel.channels}
    proposal = model.propose_factor(panel, odd, name="parity")
    assert (proposal.unit, proposal.kept) == ("series", False)
    assert proposal.read.p > 0.05
    assert "no block" in proposal.rule
    assert not model.fitted_model.added


@pytest.mark.parametrize(
    ("labels", "error", "named"),
    [
        (["1999-01-01"], DataError, "No row"),
        ([], DataError, "names no time"),
        ([("2024-01-02",)], ConfigError, "spans such as"),
        (3.0, ConfigError, "spans such as"),
        (["not a time"], DataError, "not a time"),
        ({"s9": "a"}, DataError, "s9"),
        ({"s0": "a", "s1": "b"}, DataError, "3 series or more"),
        (pd.DataFrame({"what": ["a"]}), DataError, "no column of times"),
        ([("2024-01-02", "2024-01-03", "a"), ("2024-01-03", "2024-01-04", "b")], DataError, "have two classes"),
    ],
)
def test_a_labelling_that_cannot_be_used_is_refused(hours_model, labels, error, named):
    model = copied(hours_model)
    with pytest.raises(error, match=named):
        model.propose_factor(PANEL, labels, name="strike")
    assert model.fitted_model is hours_model.fitted_model


def test_a_name_that_is_taken_is_refused(hours_model):
    with pytest.raises(ConfigError, match="'hour' already"):
        hours_model.propose_factor(PANEL, STRIKES, name="hour")
    with pytest.raises(ConfigError, match="a share above 0"):
        hours_model.propose_factor(PANEL, STRIKES, name="strike", alpha=1.5)


def test_labels_of_a_table_of_rows(hours_model, monkeypatch):
    stamps = pd.date_range("2024-01-01", periods=48, freq="1h")
    rows = pd.DataFrame({"ds": stamps, "shift": np.where(stamps.hour < 12, "early", "late")})
    spans = [
        (f"2024-01-0{d}T{h:02d}:00", f"2024-01-0{d}T{h + 11:02d}:00", c)
        for d in (1, 2)
        for h, c in ((0, "early"), (12, "late"))
    ]
    one, other = (labelled(PANEL, each, "shift", "auto").labels["shift"].tolist() for each in (rows, spans))
    assert one == other
    assert one[48:] == [None] * (len(PANEL.values) - 48)
    days = labelled(PANEL, ["2024-01-02"], "shift", "auto").labels["shift"]
    assert days.tolist() == ["no"] * 24 + ["yes"] * 24 + ["no"] * (len(PANEL.values) - 48)
    as_records = labelled(PANEL, [{"start": "2024-01-02", "end": "2024-01-02", "shift": "yes"}], "shift", "auto")
    assert as_records.labels["shift"].tolist() == days.tolist()
    assert replace(PANEL).labels == {}


def test_a_labelling_of_rows_learned_from_alone_is_told_where_else_to_name_some(hours_model):
    days = ["2024-01-05", "2024-01-09"]
    proposal = copy(hours_model).propose_factor(hours().panel, days, name="strike", n_shuffles=20)
    assert not proposal.kept
    assert "Too few to tell: 0 spans of yes held out" in str(proposal)
    assert "2024-02-05T00:00:00 UTC to 2024-02-25T23:00:00 UTC" in proposal.held_out
    assert "nan" not in str(proposal)
