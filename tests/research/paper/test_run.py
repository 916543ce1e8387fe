"""One run: what is scored, in which way, and what its line keeps."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from divecast.data import Calendar
from divecast.errors import ArtifactError, ConfigError, DataError
from divecast.inference.predict import encode_windows, reconstruct_windows
from divecast.metrics import rrse
from research.paper import run
from research.paper.asked import asked_of, differences
from research.paper.record import Score, parse_record
from research.paper.run import HeldOut, run_once
from studies.small import hours_case, moves_case

pytestmark = pytest.mark.slow  # each fits models of a study


def test_the_full_model_is_scored_both_ways_beside_the_baselines(full):
    assert list(full.record.forecast) == ["infer", "known", "per-channel ridge", "last value"]
    assert {tuple(scores) for scores in full.record.forecast.values()} == {("1", "6", "all")}
    assert list(full.record.accuracy) == ["window"]
    assert list(full.record.accuracy["window"]) == ["hour", "weekend"]


def test_forecasts_are_those_of_evaluate(full):
    case = hours_case()
    held_out = HeldOut.of(full.fitted, case)
    from divecast.inference.evaluation import evaluate_windows

    overall = evaluate_windows(full.fitted, held_out.score, "infer", False).scores["DeepDIVE"].overall()
    assert full.record.forecast["infer"]["all"] == Score(overall["rrse"], overall["corr"])


def test_reconstruction_is_of_the_windows_through_their_code(full):
    back = reconstruct_windows(full.fitted, HeldOut.of(full.fitted, hours_case()).encode)
    assert full.record.reconstruction["original"].rrse == pytest.approx(rrse(back.truth, back.mean), rel=1e-5)
    scale = full.fitted.scale
    truth, mean = ((each - scale.center) / scale.spread for each in (back.truth, back.mean))
    assert full.record.reconstruction["scaled"].rrse == pytest.approx(rrse(truth, mean), rel=1e-4)


def test_the_kl_of_a_is_that_to_a_standard_normal(full):
    codes = encode_windows(full.fitted, HeldOut.of(full.fitted, hours_case()).encode)
    q = torch.distributions.Normal(torch.from_numpy(codes.a_mean), torch.from_numpy(codes.a_sd))
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).mean(0)
    np.testing.assert_allclose(full.record.conditional_kl, kl, rtol=1e-4)
    assert full.record.active_units == (codes.a_mean.var(axis=0) > 0.01).sum()
    assert full.record.n_windows == len(codes.a_mean)


def test_an_arm_without_labels_is_measured_against_the_same_factors():
    record = run_once(hours_case(), "a", 0).record
    assert list(record.forecast) == ["infer"]
    assert record.accuracy == {}
    assert list(record.measures["mig"].parts) == ["hour", "weekend"]
    assert record.measures["ownership"].parts == {}


def test_labels_that_are_given_are_known_and_never_inferred():
    record = run_once(hours_case(), "given", 0).record
    assert list(record.forecast) == ["known"]
    assert record.accuracy == {}


def test_recordings_are_read_by_window_and_as_a_whole(full_of_moves):
    record = full_of_moves.record
    assert list(record.accuracy) == ["window", "recording"]
    assert set(record.accuracy["recording"]) == {"move", "side"}


def test_the_same_seed_gives_the_same_line_but_for_its_cost(full):
    again = run_once(hours_case(), "full", 0).record
    assert replace(again, cost=full.record.cost) == full.record
    other = run_once(hours_case(), "full", 1).record
    assert other.forecast != full.record.forecast


def test_a_line_is_short_and_read_back(full):
    line = full.record.line()
    assert len(line) < 6000
    assert "\n" not in line
    back = parse_record(line, "here")
    assert back.line() == line
    assert back.asked == full.record.asked
    assert back.cost.weights == sum(weight.numel() for weight in full.fitted.network.parameters())


def test_what_cannot_be_computed_is_null(full):
    nowhere = replace(full.record, reconstruction={"original": Score(float("nan"), None)})
    assert json.loads(nowhere.line())["reconstruction"] == {"original": {"rrse": None, "corr": None}}


@pytest.mark.parametrize("text", ["{}", "not json", '{"case": 1}'])
def test_a_file_that_is_no_run_is_refused_by_name(text):
    with pytest.raises(ArtifactError, match=r"^runs/a-0\.json is not the line of a run; remove it"):
        parse_record(text, "runs/a-0.json")


def test_a_line_of_before_quick_was_kept_is_read(full):
    line = json.loads(full.record.line())
    assert line.pop("quick") is False
    assert parse_record(json.dumps(line), "here") == parse_record(full.record.line(), "here")


def test_a_factor_with_one_class_in_the_test_part_is_refused_by_name_before_the_fit(monkeypatch):
    monkeypatch.setattr(run, "fit_model", None)
    case = replace(hours_case(), factors=(Calendar("hour"), Calendar("month")))  # January ends in the training part
    with pytest.raises(DataError, match=r"Factor 'month' needs two classes or more among the windows"):
        run_once(case, "a", 0)


def test_an_unknown_arm_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match=r"[Ee]xpected one of the arms full, a, .*, got 'ful'"):
        run_once(hours_case(), "ful", 0)


def test_what_is_asked_differs_where_settings_labels_or_split_do():
    case = moves_case()
    asked = asked_of(case, "full", 0)
    assert differences(asked, asked_of(case, "full", 0)) == []
    longer = replace(case, settings=replace(case.settings, training=replace(case.settings.training, epochs=3)))
    assert differences(asked_of(longer, "full", 0), asked) == ["settings.training.epochs: 3, was 2"]
    assert differences(asked_of(case, "a", 0), asked) == ['settings.model.code.labels: "unused", was "blocks"']
    swapped = replace(case.data, labels={**case.data.labels, "side": case.data.labels["move"]})
    (told,) = differences(asked_of(replace(case, data=swapped), "full", 0), asked)
    assert told.startswith("labels: ")
