"""Laws of anomaly scores: they depend only on a window's own rows, and an inserted fault is found in its place."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from divecast import DataError, DeepDIVE, Panel, TrainingConfig
from divecast.errors import ConfigError
from divecast.explain.anomalies.forecast_errors import jumps, longest_run
from divecast.explain.anomalies.reference import CHANNEL_SCORES, SCORES, Reference
from divecast.explain.anomalies.window_scores import marginal_kl, score_windows
from divecast.inference import predict as inference
from plain import plain_model
from worlds import SMALL, hours, moves

FIELDS = ("channels", "rows", "surprise", "bound", "inferred", "probability", "given")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return hours().panel


@pytest.fixture(scope="module")
def tail(panel) -> Panel:
    """The end of the data: a fault in the last rows is looked for there."""
    return panel.rows(len(panel.values) - 300, len(panel.values))


@pytest.fixture(scope="module")
def test_part(hours_model, panel):
    return hours_model.anomalies(panel, "test")


@pytest.fixture(scope="module")
def of_moves(moves_model):
    return moves_model.anomalies(moves())


def changed(panel, change):
    values = panel.values.copy()
    change(values)
    return replace(panel, values=values)


def test_scores_do_not_depend_on_batches_or_order(hours_model, panel, monkeypatch):
    fitted = hours_model.fitted_model
    windows = fitted.windows(panel, "test", every=9)
    whole = score_windows(fitted, windows)
    monkeypatch.setattr(inference, "_VALUES_AT_ONCE", 7 * (24 + 6) * 4)
    turned = np.random.default_rng(0).permutation(len(windows))
    split = score_windows(fitted, windows.subset(turned))
    for name in FIELDS:
        one, two = getattr(whole, name), getattr(split, name)
        one = one[:, turned] if name in ("channels", "rows") else one[turned]
        np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("channel", [0, 3])
def test_a_spike_has_its_top_score_at_its_channel_and_row(hours_model, tail, test_part, channel):
    def lift(values):
        values[-3, channel] += 20 * values[:, channel].std()

    found = hours_model.anomalies(changed(tail, lift), "all", against=test_part)
    score = found.channel_score[-1]
    assert score.argmax() == channel
    assert found.score[-1] > test_part.score.max()
    rows = found.raw_scores.rows[[CHANNEL_SCORES.index("peak"), CHANNEL_SCORES.index("jump")], -1, channel]
    assert rows.tolist() == [3, 3]
    windows = found.top(1)[0]
    assert windows.channel == f"s{channel}"
    assert str(found.keys.stamps[-1, -3]).replace("T", " ")[:16] in str(windows)


def test_a_value_that_stands_still_is_found_as_such(hours_model, tail, test_part):
    def hold(values):
        values[-6:, 1] = values[-7, 1]

    found = hours_model.anomalies(changed(tail, hold), against=test_part, scores=["stuck"])
    assert np.nanargmax(found.score) == len(found.score) - 1
    assert "s1 repeats the same value 6 times" in found.top(1)[0].reasons[0]


def test_a_clock_that_is_wrong_is_a_label_surprise(hours_model, panel, test_part):
    late = replace(panel, values=np.roll(panel.values, 6, axis=0))
    found = hours_model.anomalies(late, every=5, against=test_part)
    hour = found.factors.index("hour")
    assert np.median(found.raw_scores.surprise[:, hour]) > np.median(test_part.raw_scores.surprise[:, hour]) + 1
    windows = hours_model.anomalies(late, every=5, against=test_part, scores=["label"]).top(1)[0]
    assert windows.main_score == "label"
    assert "looks like" in windows.reasons[0]


def test_another_label_than_the_one_read_is_more_surprising(moves_model, of_moves):
    fitted = moves_model.fitted_model
    windows = fitted.windows(moves(), "test", every=5)
    wrong = replace(windows, labels=np.where(windows.labels == 0, 1, 0).astype(np.int16))
    scores, swapped = (score_windows(fitted, each) for each in (windows, wrong))
    right = scores.inferred == np.maximum(scores.given, 0)
    assert right.mean() > 0.6
    assert (swapped.surprise[right & (scores.given >= 0)] > scores.surprise[right & (scores.given >= 0)]).all()
    assert np.isnan(of_moves.raw_scores.surprise).any()  # sides that no one noted


def test_missing_values_are_not_odd(hours_model, tail, test_part):
    def lose(values):
        values[-12::3, 0] = np.nan
        values[-6:, 2] = np.nan

    found = hours_model.anomalies(changed(tail, lose), against=test_part)
    forecast = found.raw_scores.channels[:4, -1]
    assert np.isnan(forecast[:, 2]).all()
    assert np.isfinite(forecast[[0, 3]][:, 0]).all()
    assert found.score[-1] <= test_part.score.max() + 0.5
    assert np.isfinite(found.score).all()


def test_a_window_without_any_value_has_no_score(hours_model, tail, test_part):
    def lose(values):
        values[-30:] = np.nan

    found = hours_model.anomalies(changed(tail, lose), against=test_part, scores=["level", "reconstruction"])
    assert np.isnan(found.score[-1])
    assert len(found.score) - 1 not in [window.window for window in found.top(200, apart=1)]


def test_a_constant_channel_has_finite_scores(hours_model, panel):
    found = hours_model.anomalies(changed(panel, lambda values: values[:, 1].fill(5.0)), every=9)
    late = found.keys.origins >= 30
    assert np.isfinite(found.raw_scores.channels[:, late]).all()
    assert np.isfinite(found.score).all()


def test_without_factors_there_is_no_label_surprise_but_a_score():
    model, data = plain_model(), hours(weeks=4).panel
    found = model.anomalies(data, "test")
    assert found.raw_scores.surprise.shape == (len(found.score), 0)
    assert np.isnan(found.rarities.by_score[:, SCORES.index("label")]).all()
    assert np.isfinite(found.score).all()
    with pytest.raises(ConfigError, match="None of the scores label"):
        model.anomalies(data, "test", scores=["label"])


def test_the_validation_part_is_usual_and_other_data_need_another_reference(hours_model, panel, test_part):
    valid = hours_model.anomalies(panel, "valid")
    assert abs((valid.score >= 1).mean() - 0.1) < 0.02
    assert (valid.reference.name, test_part.reference.name) == ("the validation part", "the validation part")
    other = hours_model.anomalies(panel.rows(0, 200))
    assert other.reference.name == "the given data"
    again = hours_model.anomalies(panel.rows(0, 200), against=valid)
    assert again.reference is valid.reference


def test_events_do_not_overlap_and_come_in_order(test_part):
    windows = test_part.top(50)
    ends = [test_part.keys.origins[each.window] for each in windows]
    assert min(abs(a - b) for i, a in enumerate(ends) for b in ends[:i]) >= 24
    assert [each.score for each in windows] == sorted((each.score for each in windows), reverse=True)
    assert windows[0].score == test_part.score.max()
    assert len(test_part.top(50, apart=6)) > len(windows)


def test_events_of_recordings_are_apart_within_each(of_moves):
    found = of_moves
    windows = found.top(1000)
    assert {each.recording for each in windows} == set(found.keys.recordings)
    assert windows[0].end == found.keys.stamps[windows[0].window, -1]


def test_the_tables_say_what_the_result_says(test_part):
    table = test_part.frame().to_pydict()
    assert table["score"] == test_part.score.tolist()
    assert table["hour_inferred"][0] == test_part.classes[0][test_part.raw_scores.inferred[0, 0]]
    long = test_part.frame("channel").to_pydict()
    assert len(long["score"]) == test_part.channel_score.size
    assert long["jump"][1] == test_part.rarities.channels[CHANNEL_SCORES.index("jump"), 0, 1]
    assert table["channel"][5] == test_part.channels[test_part.channel_score[5].argmax()]


def test_mistakes_are_refused(hours_model, moves_model, panel, test_part):
    with pytest.raises(ConfigError, match=r"one or more of the scores level, .*, got spikes"):
        hours_model.anomalies(panel, "test", scores=["spikes"])
    with pytest.raises(ConfigError, match="got none"):
        hours_model.anomalies(panel, "test", scores=[])
    with pytest.raises(ConfigError, match="comes from another model"):
        moves_model.anomalies(moves(), against=test_part)
    with pytest.raises(DataError, match=r"too few reference windows .* at least 20, got"):
        hours_model.anomalies(panel.rows(0, 40))
    with pytest.raises(ConfigError, match="apart"):
        test_part.top(3, apart=0)
    with pytest.raises(ConfigError, match="layout"):
        test_part.frame("wide")


def test_a_line_has_no_jumps_and_a_spike_is_its_own_jump():
    line = torch.arange(1.0, 6.0)[None, :, None]
    np.testing.assert_allclose(jumps(line)[:, :-1], 0.0, atol=1e-6)
    spike = torch.zeros(1, 5, 1)
    spike[0, 2] = 4.0
    np.testing.assert_allclose(jumps(spike)[0, :, 0], [0.0, 2.0, 4.0, 2.0, 0.0], atol=1e-6)
    spike[0, 1] = torch.nan
    assert jumps(spike)[0, :, 0].isnan().tolist() == [True, True, True, False, False]


def test_the_longest_run_counts_repetitions():
    values = torch.tensor([[1.0, 1.0, 2.0, 2.0, 2.0, torch.nan, torch.nan, 3.0]])[..., None]
    assert longest_run(values).item() == 2.0


def test_the_kl_of_b_is_that_of_many_draws(hours_model, panel):
    fitted = hours_model.fitted_model
    windows = fitted.windows(panel, "test", every=40)
    path = fitted.network.marginal
    batch = next(inference.batches(fitted, windows))
    with torch.no_grad():
        q = path.infer(batch.x)
        draws = q.sample((2000,))
        log_q = q.log_prob(draws).sum(-1)
        blocks = path.prior.blocks(draws.flatten(0, 1))
        log_p = sum(f.log_joint(b).logsumexp(1) for f, b in zip(path.prior.mixtures(), blocks, strict=True))
        log_p = log_p.view(log_q.shape)
        np.testing.assert_allclose(marginal_kl(path, q), (log_q - log_p).mean(0), rtol=0.05, atol=0.4)


def test_a_model_without_labels_in_its_code_has_no_kl_of_b(hours_model):
    from divecast.model.marginal import GivenLabels

    path = GivenLabels(())
    assert marginal_kl(path, path.infer(torch.zeros(3, 24, 4))).tolist() == [0.0, 0.0, 0.0]


def test_recordings_too_short_for_a_forecast_are_scored_by_what_they_have(moves_model):
    fitted = moves_model.fitted_model
    windows = fitted.windows(moves(), "all")
    first = windows.origins == windows.source.offsets[windows.segments] + 40
    reference = Reference.measure(fitted, windows, "all")
    rarities = reference.rarities(score_windows(fitted, windows.subset(first)))
    assert np.isnan(rarities.channels[:4]).all()
    assert np.isfinite(rarities.channels[4]).all()


def test_windows_read_as_another_class_lead_by_how_clearly(hours_model, panel, test_part):
    """The clock is moved by half a day, and is read as it was."""
    late = replace(panel, values=np.roll(panel.values, 12, axis=0))
    found = hours_model.anomalies(late, against=test_part)
    hour = found.factors.index("hour")
    listed = found.label_disagreements("hour", "03", n=50, apart=24)
    assert len(listed) > 5
    assert sum(each.given == "15" for each in listed) > 0.7 * len(listed)
    places = [each.window for each in listed]
    assert (found.raw_scores.inferred[places, hour] == 3).all()
    assert (found.raw_scores.given[places, hour] != 3).all()
    odds = found.log_odds("hour", "03")
    assert odds[places].tolist() == sorted((each.log_odds for each in listed), reverse=True)
    assert (np.diff(np.sort(found.keys.origins[places])) >= 24).all()
    mistaken = (found.raw_scores.inferred[:, hour] == 3) & (found.raw_scores.given[:, hour] != 3)
    assert odds[places[0]] == odds[mistaken].max() > 0.0
    first = listed[0]
    assert str(first).startswith(
        f"{str(first.end)[:16].replace('T', ' ')}: hour is labelled {first.given}, but looks like 03 ("
    )


def test_log_odds_are_of_the_class_against_the_one_given(test_part):
    posteriors, given = test_part.raw_scores.log_posteriors[0], test_part.raw_scores.given[:, 0]
    np.testing.assert_allclose(np.exp(posteriors).sum(axis=1), 1.0, rtol=1e-4)
    own = posteriors[np.arange(len(given)), given]
    np.testing.assert_allclose(test_part.log_odds("hour", "07"), posteriors[:, 7] - own, atol=1e-5)
    np.testing.assert_array_equal(test_part.log_odds("hour", "07")[given == 7], 0.0)
    read = test_part.raw_scores.inferred[:, 0]
    assert ((read == 7) & (given == 7)).any()  # read right: not listed
    listed = [each.window for each in test_part.label_disagreements("hour", "07", n=1000, apart=1)]
    assert sorted(listed) == np.flatnonzero((read == 7) & (given != 7)).tolist()


def test_where_no_label_is_given_none_is_read_as_another(of_moves):
    found = of_moves
    side = found.factors.index("side")
    unknown = found.raw_scores.given[:, side] < 0
    assert unknown.any()
    listed = [each.window for name in found.classes[side] for each in found.label_disagreements("side", name, 1000, 1)]
    assert not unknown[listed].any()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("mood", "03"), r"one of \['hour', 'weekend'\], got 'mood'"),
        (("weekend", "maybe"), "'weekend' has no class 'maybe'"),
        (("hour", "03", 0), "n must be a whole number >= 1: got 0"),
    ],
)
def test_what_cannot_be_read_is_said(test_part, asked, said):
    with pytest.raises(ConfigError, match=said):
        test_part.label_disagreements(*asked)


@pytest.mark.slow
def test_windows_at_the_start_of_independent_series_have_no_forecast_before_them() -> None:
    panel = hours(weeks=2).panel
    model = DeepDIVE(6, 24, ["hour"], model=SMALL, training=TrainingConfig(epochs=1), series="independent")
    anomalies = model.fit(panel, progress=False).anomalies(panel)
    for series in range(4):
        level = anomalies.raw_scores.channels[0, anomalies.segments == series, 0]
        assert np.isnan(level[:6]).all()  # a horizon before the first value or at it
        assert np.isfinite(level[6:]).all()
