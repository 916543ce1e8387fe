"""Narratives: each number of the text is a fact, and each fact is what the public methods say."""

import re
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from divecast import ConfigError, DataError, DataWarning
from worlds import hours, moves, told

PANEL, MOVES, TOLD = hours().panel, moves(), told()
NUMBER = re.compile(r"(?<![\w.])-?\d[\d,]*\.?\d*(?:e[+-]?\d+)?(?: %)?")


def numbers_not_in(narrative):
    """The numbers of the text that are none of the facts, once names and times are taken out."""
    facts, text = narrative.facts, narrative.text
    words = {v for v in facts.values() if isinstance(v, str)}
    for name in sorted((word for word in words if not word.isdigit()), key=len, reverse=True):
        text = text.replace(name, "~")
    values = [v for v in facts.values() if isinstance(v, int | float) and not isinstance(v, bool)]
    told_as = {f"{v:.4g}" for v in values} | {f"{100 * v:.0f} %" for v in values}
    told_as |= {f"{v:,}" for v in values if isinstance(v, int)} | words
    return [number for number in NUMBER.findall(text) if number.rstrip(",") not in told_as]


@pytest.fixture(scope="module")
def narrated(hours_model, moves_model, told_model):
    """A narrative of a world at a place, by number."""

    def of(world, place, series):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            if world == "hours":
                at = np.datetime64("2024-01-02") + np.timedelta64(place % (54 * 24), "h")
                return hours_model.narrate(PANEL, at=at, series=f"s{series % 4}" if series else None)
            if world == "moves":
                at = (MOVES.names[place % len(MOVES.names)], 4.0 + place % 40 / 10)
                return moves_model.narrate(MOVES, at=at, series=("ax", "wx")[series % 2])
            at = np.datetime64("2024-01-05") + np.timedelta64(place % (51 * 24), "h")
            return told_model.narrate(TOLD, at=at, series=("u", "v")[series % 2], unit="MWh")

    return of


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(["hours", "moves", "told"]), st.integers(0, 2000), st.integers(0, 4))
def test_each_number_of_the_text_is_a_fact(narrated, world, place, series):
    narrative = narrated(world, place, series)
    assert len(NUMBER.findall(narrative.text)) > 10
    assert numbers_not_in(narrative) == []


def test_a_number_that_is_no_fact_would_be_found(narrated, monkeypatch):
    narrative = narrated("hours", 1000, 1)
    monkeypatch.setattr("divecast.explain.narrative.wording.number", lambda value: f"{value + 1:.4g}")
    assert numbers_not_in(narrative) != []


def test_facts_of_the_forecast_are_those_of_forecast(hours_model):
    at = "2024-02-20T00:00"
    narrative = hours_model.narrate(PANEL, at=at, series="s2")
    forecast = hours_model.forecast(PANEL, start=at, stop=at, levels=(0.05, 0.95))
    mean = forecast.mean[0, :, 2]
    assert narrative.mean == pytest.approx(mean.mean())
    assert narrative.highest.mean == mean.max()
    assert (narrative.highest.low, narrative.highest.high) == tuple(forecast.quantiles[:, 0, mean.argmax(), 2])
    assert (narrative.first, narrative.last, narrative.zone) == ("2024-02-20 00:00", "2024-02-20 05:00", "UTC")


def test_parts_add_up_and_the_level_comes_first(narrated):
    narrative = narrated("told", 900, 1)
    assert narrative.parts[0].kind == "level"
    assert sum(part.mean for part in narrative.parts) == pytest.approx(narrative.mean, rel=1e-4)
    assert "temperature" in narrative.text
    assert "MWh" in narrative.text


def test_what_is_usual_is_of_the_same_hours_of_the_weeks_before(hours_model):
    narrative = hours_model.narrate(PANEL, at="2024-02-20T00:00", series="s0")
    row = PANEL.clock.row_of("2024-02-20T00:00")
    means = [PANEL.values[row - 168 * k : row - 168 * k + 6, 0].mean() for k in range(1, 8)]
    assert narrative.usual.n_blocks == 7
    assert (narrative.usual.lowest, narrative.usual.highest) == pytest.approx((min(means), max(means)))
    assert narrative.usual.n_below == sum(np.array(means) < narrative.mean)


def test_nothing_after_the_start_is_read(hours_model):
    at = PANEL.clock.row_of("2024-02-20T00:00")
    changed = PANEL.values.copy()
    changed[at:] *= 3
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        other = hours_model.narrate(
            type(PANEL).from_array(changed, "2024-01-01", "1h", list(PANEL.channels)), at="2024-02-20", series="s0"
        )
        own = hours_model.narrate(PANEL, at="2024-02-20", series="s0")
    assert {name: value for name, value in other.facts.items() if "record" not in name} == {
        name: value for name, value in own.facts.items() if "record" not in name
    }


def test_the_record_is_that_of_evaluate_on_the_same_forecasts(hours_model):
    record = hours_model.track_record(PANEL, most=100_000)
    scores = hours_model.evaluate(PANEL)
    weights = record.n_values / record.n_values.sum()
    assert (record.mae * weights).sum() == pytest.approx(scores.scores["DeepDIVE"].overall()["mae"], rel=1e-5)
    assert (record.coverage * weights).sum() == pytest.approx(scores.scores["DeepDIVE"].overall()["coverage"], rel=1e-5)
    rival = scores.scores[record.rival].overall()["mae"]
    assert (record.rival_mae * weights).sum() == pytest.approx(rival, rel=1e-5)


def test_a_record_of_few_forecasts_is_spread_over_all_hours(hours_model):
    record = hours_model.track_record(PANEL, most=30)
    assert 20 <= record.n_forecasts <= 30
    assert record.frame(backend="pandas").shape == (4, 5)


def test_of_other_data_the_record_is_not_known(hours_model):
    narrative = hours_model.narrate(hours(weeks=3, seed=5).panel, series="s0")
    assert narrative.record is None
    assert "not known: these are not the data of the fit" in narrative.text


def test_rows_of_the_training_part_are_named(narrated):
    assert "was trained on these rows" in narrated("hours", 300, 1).text
    assert "was trained on these rows" not in narrated("hours", 1290, 1).text


def test_the_series_is_the_one_that_departs_most_if_none_is_named(hours_model):
    narrative = hours_model.narrate(PANEL)
    assert narrative.is_chosen
    window = PANEL.values[-24:].astype(float)
    mean = hours_model.forecast(PANEL).mean[0].mean(0)
    departure = abs(mean - window.mean(0)) / window.std(0)
    assert narrative.series == PANEL.channels[departure.argmax()]


@pytest.mark.slow
def test_independent_series_are_told_from_their_own_past():
    from divecast import DeepDIVE, TrainingConfig
    from worlds import SMALL

    panel = hours(weeks=4).panel
    model = DeepDIVE(6, 24, ["hour"], model=SMALL, training=TrainingConfig(epochs=1), series="independent")
    model.fit(panel, progress=False)
    narrative = model.narrate(panel, at="2024-01-27", series="s1")
    forecast = model.forecast(panel, start="2024-01-27", stop="2024-01-27")
    assert narrative.mean == pytest.approx(forecast.mean[0, :, 1].mean(), rel=1e-5)
    assert narrative.record.series == "s1"
    assert numbers_not_in(narrative) == []


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"series": "s9"}, ConfigError, "s9"),
        ({"at": ["2024-02-01", "2024-02-02"]}, ConfigError, "2 forecasts"),
        ({"at": "1999-01-01"}, DataError, "1999"),
    ],
)
def test_what_cannot_be_told_is_refused(hours_model, options, error, named):
    with pytest.raises(error, match=named):
        hours_model.narrate(PANEL, **options)


def test_recordings_need_one_place(moves_model):
    with pytest.raises(ConfigError, match="one forecast"):
        moves_model.narrate(MOVES)
