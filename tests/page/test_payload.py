"""What the page holds is what the model says."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from divecast import DataError
from divecast.page.forecasts import LEVELS
from divecast.page.packed import number, pack
from divecast.page.payload import payload_of
from divecast.page.scope import Scope, spacing, spread
from divecast.page.what_ifs import LEVELS as BOUNDS
from plain import plain_model
from worlds import hours, moves


def unpacked(packed):
    """The array as the page's script reads it."""
    codes = np.frombuffer(base64.b64decode(packed.data), dtype="<u1" if packed.bits == 8 else "<u2")
    rows = codes.reshape(-1, packed.shape[-1]).astype(np.float64)
    values = np.array(packed.low) + np.array(packed.step) * rows
    return np.where(rows == 2**packed.bits - 1, np.nan, values).reshape(packed.shape)


def range_of(values):
    return np.ptp(np.where(np.isfinite(values), values, np.nanmean(values)))


FLOATS = st.floats(-(2.0**40), 2.0**40, width=32, allow_subnormal=False) | st.just(float("nan"))


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=3, max_side=5), elements=FLOATS),
    st.sampled_from([8, 16]),
)
def test_an_array_comes_back_to_half_a_step_and_keeps_its_gaps(values, bits):
    packed = pack(values, bits)
    again = unpacked(packed)
    assert np.array_equal(np.isnan(again), np.isnan(values))
    gap = np.abs(again - values.astype(np.float64))
    room = np.broadcast_to(0.5 * np.array(packed.step) * (1 + 1e-6) + 1e-9 * np.abs(np.array(packed.low)), values.shape)
    assert np.all(np.isnan(gap) | (gap <= room))


def test_numbers_that_json_lacks_become_none():
    assert [number(x) for x in (1.234567, float("nan"), float("inf"))] == [1.2346, None, None]


ONE_WEEK = hours(weeks=1).panel


@given(st.integers(1, 100_000), st.integers(1, 3000))
def test_no_spacing_ties_windows_to_an_hour_or_a_weekday(n, most):
    every = spacing(ONE_WEEK, n, most)
    assert -(-n // every) <= most
    assert every == 1 or (np.gcd(every, 24) == 1 and np.gcd(every, 168) == 1)


@given(st.integers(1, 1000), st.integers(1, 50))
def test_spread_numbers_are_rising_and_within(n, most):
    found = spread(n, most)
    assert len(found) == min(n, most)
    assert found[0] == 0
    assert found[-1] < n
    assert np.all(np.diff(found) > 0)


def test_forecasts_are_those_of_the_model(payload, hours_model, panel):
    part = payload.forecasts
    starts = [start.removesuffix(" (after the end of the data)") for start in part.origins]
    assert part.origins[-1].endswith("(after the end of the data)")
    for at, start in enumerate(starts):
        asked = hours_model.forecast(panel, start=start, stop=start, levels=LEVELS)
        np.testing.assert_allclose(unpacked(part.mean)[at], asked.mean[0], atol=1e-4 * range_of(asked.mean))
        np.testing.assert_allclose(
            unpacked(part.quantiles)[:, at], asked.quantiles[:, 0], atol=1e-4 * range_of(asked.quantiles)
        )


def test_truth_is_what_was_observed_and_ends_where_the_data_end(payload, panel):
    part = payload.forecasts
    truth = unpacked(part.truth)
    row = panel.clock.row_of(part.times[0][0])
    expected = panel.values[row : row + truth.shape[1]]
    np.testing.assert_allclose(truth[0], expected, atol=1e-4 * range_of(expected))
    assert np.isnan(truth[-1, part.n_past :]).all()
    assert not np.isnan(truth[:-1]).any()


def test_every_origin_but_the_end_starts_at_one_hour(payload):
    assert len({start[11:16] for start in payload.forecasts.origins[:-1]}) == 1


def test_what_ifs_are_those_of_the_model(payload, hours_model, panel):
    part, first = payload.what_ifs, 0
    answers = unpacked(part.answers)
    kept = [hours_model.info()["channels"].index(name) for name in part.series]
    starts = [start.removesuffix(" (after the end of the data)") for start in part.origins]
    for factor in payload.factors:
        for label in (0, len(factor.classes) - 1):
            asked = hours_model.what_if(panel, factor=factor.name, to=factor.classes[label], at=starts, levels=BOUNDS)
            expected = np.concatenate([asked.counterfactual.mean[None], asked.counterfactual.quantiles])[..., kept]
            np.testing.assert_allclose(answers[first + label], expected, atol=1e-4 * range_of(expected))
        first += len(factor.classes)
    assert first == answers.shape[0]


def test_the_map_shows_codes_and_windows_of_the_model(payload, hours_model, panel):
    part, scope = payload.code_map, Scope.of(hours_model, panel)
    codes = hours_model.encode(panel, "test", scope.every)
    whole = hours_model.reconstruct(panel, "test", scope.every)
    ends = [str(stamp).replace("T", " ")[:16] for stamp in codes.keys.stamps[:, 0]]
    at = [ends.index(end) for end in part.ends]
    means = np.concatenate([*codes.b_mean, codes.a_mean], axis=1)[at]
    np.testing.assert_allclose(unpacked(part.codes), means, atol=1e-3)
    kept = [whole.channels.index(name) for name in part.series]
    expected = whole.mean[at][:, :, kept]
    np.testing.assert_allclose(unpacked(part.mean), expected, atol=1e-4 * range_of(expected))


def test_every_listed_anomaly_is_among_the_windows_of_the_map(payload):
    for event in payload.anomalies.events:
        assert payload.code_map.ends[event.window] == event.end
        assert payload.code_map.score[event.window] == event.score


def test_the_calendar_has_the_highest_score_of_each_cell(payload, hours_model, panel):
    strip, found = payload.anomalies.strip, hours_model.anomalies(panel, "test")
    days = found.keys.stamps[:, -1].astype("datetime64[D]").astype(str)
    for cell, score in zip(strip.cells, strip.score, strict=True):
        assert score == number(np.nanmax(found.score[days == cell]))
    assert len(set(zip(strip.row, strip.column, strict=True))) == len(strip.cells)


def test_classes_together_and_prior_are_densities(payload):
    for block in payload.densities:
        grid, prior, classes = (unpacked(each) for each in (block.grid, block.prior, block.classes))
        for at in range(len(block.dimensions)):
            assert np.trapezoid(prior[:, at], grid[:, at]) == pytest.approx(1.0, abs=0.02)
            assert np.trapezoid(classes.sum(0)[:, at], grid[:, at]) == pytest.approx(1.0, abs=0.06)


def test_words_tell_the_scores(payload, hours_model, panel):
    own = hours_model.evaluate(panel).scores["DeepDIVE"].overall()
    assert f"RRSE {own['rrse']:.4f}" in payload.summary.accuracy
    assert "seasonal naive (24)" in payload.summary.accuracy
    assert len(payload.summary.anomalies) == 3


def test_recordings_have_no_calendar_but_all_the_rest(moves_payload):
    assert "no clock" in moves_payload.anomalies.strip
    assert moves_payload.forecasts.times[0][0] == pytest.approx(round(moves_payload.forecasts.times[0][0], 4))
    assert not isinstance(moves_payload.what_ifs, str)
    assert moves_payload.anomalies.events


def test_what_a_tells_of_recordings_is_said_beside_chance(moves_payload, payload):
    assert isinstance(payload.told_by_a, str)
    told = {each.name: each for each in moves_payload.told_by_a.properties}
    assert set(told) == {"move", "strongest frequency"}
    assert "too few recordings: 'person', 'side'." in moves_payload.told_by_a.note  # the test part is one person
    assert all(f"{each.chance:.0%} " in each.sentence for each in told.values())
    assert told["move"].classes == ("fast", "slow")
    assert unpacked(moves_payload.told_by_a.points).shape[1] == 2
    assert np.median(told["strongest frequency"].values) == pytest.approx(1.3, abs=1.0)


def test_each_recording_is_told_and_conditions_are_compared(moves_payload, payload):
    assert payload.recordings == "This is told of recordings, and the data are a panel."
    told = moves_payload.recordings
    assert told.factors == ("move", "side")
    assert len(told.rows) == 4  # those of the one person in the test part
    assert all(row.labels[0].startswith(("fast (", "slow (")) for row in told.rows)
    found = moves_payload.comparison
    assert found.sentences[0].startswith("fast beside slow (8 persons in both): ")
    contrast, other = found.contrasts
    assert (contrast.title, other.title) == ("move: fast beside slow", "side: right beside left")
    place = found.names.index("period (s)")
    assert contrast.high[place] < 0.0


def test_a_model_without_factors_leaves_out_what_needs_them():
    found = payload_of(plain_model(), hours(weeks=4).panel, "Plain")
    assert "no labels" in found.what_ifs
    assert isinstance(found.densities, str)
    assert found.factors == ()
    assert found.code_map.given == ()
    assert found.code_map.dimensions == ("a0", "a1", "a2")


@pytest.mark.slow
def test_other_data_are_shown_whole(hours_model):
    other = hours(weeks=1, seed=5).panel
    found = payload_of(hours_model, other, "Other")
    assert "all the data given" in found.summary.fitted


def test_what_cannot_be_measured_costs_its_part_only(hours_model):
    short = hours(weeks=8).panel.rows(0, 40)
    found = payload_of(hours_model, replace(short), "Short")
    assert found.anomalies.startswith("This section was left out. ")
    assert found.diagnosis.startswith("This section was left out. ")
    assert found.forecasts.origins


def test_data_without_the_series_are_refused(hours_model):
    other = replace(hours(n_channels=2).panel, channels=("a", "b"))
    with pytest.raises(DataError, match="4 of 4 channels of the model are missing"):
        payload_of(hours_model, other, "Few")


def test_the_window_of_a_recording_is_named(moves_payload):
    assert all(", " in end for end in moves_payload.code_map.ends)
    assert len(moves().names) >= len(set(moves_payload.forecasts.origins))


def test_a_payload_holds_no_number_that_json_lacks(payload):
    from divecast.page.render import as_json

    assert json.loads(as_json(payload))["title"] == "Hours"


def test_parts_add_up_to_the_forecasts_of_the_page(payload):
    part, mean = payload.parts, unpacked(payload.forecasts.mean)
    names = [payload.forecasts.series.index(name) for name in part.series]
    values = unpacked(part.values)
    room = sum(range_of(each) for each in values) * 1e-4
    np.testing.assert_allclose(values.sum(0), mean[..., names], atol=room)
    assert part.names[0] == "level"
    assert "carry-over" in part.sentence


def test_effects_are_those_of_the_model(payload, hours_model):
    expected = hours_model.effects()
    assert {curve.title for curve in payload.effects.curves} == {curve.title for curve in expected.curves}
    hour = next(curve for curve in payload.effects.curves if curve.title == "hour")
    found = expected.of("hour")[0].effect
    np.testing.assert_allclose(unpacked(hour.effect), found, atol=1e-4 * range_of(found))


def test_recordings_have_parts_and_no_effects(moves_payload):
    assert moves_payload.parts.names[-1] == "code and network"
    assert "no effects" in moves_payload.effects
