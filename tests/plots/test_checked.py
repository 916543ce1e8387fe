"""Pictures of labels, of anomalous windows, and of the diagnosis of a code."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divecast import ConfigError
from divecast.plots import AnomaliesDisplay, ConfusionDisplay, DiagnosisDisplay, plot
from divecast.plots.calendar_strip import calendar_strip, recording_strip
from plots.drawn import ODD_NAME, columns, says, texts
from worlds import hours, moves

PANEL, RECORDINGS = hours().panel, moves()
FIRST = np.datetime64("2019-12-28T00", "s")


def test_confusion_is_that_of_the_labels(hours_model):
    labels = hours_model.infer_labels(PANEL, every=5)
    display = ConfusionDisplay.from_labels(labels)
    table = columns(display)
    whole = labels.confusion("hour")
    expected = np.stack([whole.column(name).to_numpy() for name in labels.classes[0]], axis=1)
    np.testing.assert_array_equal(table["windows"].reshape(24, 24), expected)
    np.testing.assert_allclose(table["share"].reshape(24, 24).sum(axis=1), 1.0)
    np.testing.assert_array_equal(display.plot().axes[0].images[0].get_array(), display.shares)
    assert says(display.plot(), f"{labels.accuracy()['hour']:.1%} of {len(labels.given)} windows correct")


def test_an_option_that_a_plot_does_not_have_is_named(hours_model):
    with pytest.raises(ConfigError, match="A plot of Labels has no option 'fctor': expected factor") as raised:
        plot(hours_model.infer_labels(PANEL, every=50), fctor="hour")
    assert raised.value.argument == "fctor"


def test_missing_labels_are_left_out_of_the_confusion(moves_model):
    labels = moves_model.infer_labels(RECORDINGS)
    known = int((labels.given[:, 1] >= 0).sum())
    assert 0 < known < len(labels.given)
    display = ConfusionDisplay.from_labels(labels, "side")
    assert columns(display)["windows"].sum() == known
    assert {str(count) for count in display.counts.ravel()} <= set(texts(display.plot()))
    none = ConfusionDisplay.from_labels(replace(labels, given=np.full_like(labels.given, -1)), "side")
    assert np.isnan(columns(none)["share"]).all()
    assert says(none.plot(), "no labels given")
    with pytest.raises(ConfigError, match="got 'none'"):
        ConfusionDisplay.from_labels(labels, "none")
    bare = replace(labels, factors=(), classes=(), probabilities=(), given=labels.given[:, :0])
    with pytest.raises(ConfigError, match="got None"):
        ConfusionDisplay.from_labels(bare)


def test_classes_are_shown_as_they_are(moves_model):
    labels = replace(moves_model.infer_labels(RECORDINGS), classes=(("$a$", ODD_NAME), ("l", "r")))
    assert {"$a$", ODD_NAME} <= set(texts(ConfusionDisplay.from_labels(labels).plot()))


def test_a_day_has_the_highest_score_of_the_windows_that_end_on_it(hours_model):
    found = hours_model.anomalies(PANEL, every=5)
    display = AnomaliesDisplay.from_anomalies(found, 3)
    table = columns(display)
    days = found.keys.stamps[:, -1].astype("datetime64[D]")
    expected = [found.score[days == day].max() for day in np.unique(days)]
    np.testing.assert_array_equal(table["score"], expected)
    np.testing.assert_array_equal(table["day"].astype("datetime64[D]"), np.unique(days))
    days = [str(window.end.astype("datetime64[D]")) for window in found.top(3)]
    ranked = {int(r): str(d) for d, r in zip(table["day"].astype("datetime64[D]"), table["rank"], strict=True) if r}
    assert ranked == dict(enumerate(days, start=1))
    grid = display.plot().axes[0].images[0].get_array()
    np.testing.assert_array_equal(np.sort(grid.compressed()), np.sort(expected))
    assert {"1", "2", "3", "2024"} <= set(texts(display.plot()))
    near = AnomaliesDisplay.from_anomalies(found, 3, apart=1).rank
    assert np.argsort(near)[-3:].tolist() == [window.window for window in found.top(3, 1)]


@given(st.lists(st.integers(0, 4 * 366), min_size=1, max_size=40, unique=True))
def test_every_day_has_a_cell_of_its_own_in_the_row_of_its_weekday(days):
    ends = FIRST + np.array(sorted(days)) * np.timedelta64(1, "D")
    strip = calendar_strip(ends, np.arange(len(days), dtype=np.float64), np.zeros(len(days), dtype=np.int64))
    cells = list(zip(strip.row.tolist(), strip.column.tolist(), strip.score, strict=True))
    assert len({cell[:2] for cell in cells}) == len(days)
    assert all(0 <= row < strip.shape[0] and 0 <= column < strip.shape[1] for row, column, _ in cells)
    assert [row % 8 for row in strip.row] == [day.item().weekday() for day in ends.astype("datetime64[D]")]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 500)), max_size=30, unique=True), st.floats(0.01, 1e4))
def test_every_end_is_in_the_span_of_its_recording(ends, period):
    names, numbers = np.array([name for name, _ in ends], dtype=object), np.array([n for _, n in ends], dtype=float)
    score = np.random.default_rng(0).normal(size=len(ends)) ** 2
    strip = recording_strip(names, numbers * period, score, np.zeros(len(ends), dtype=np.int64))
    assert strip.shape[1] <= 121
    for name, end, value in zip(names, numbers * period, score, strict=True):
        starts = np.where(strip.where["recording"] == name, strip.where["start"], np.inf)
        mine = np.flatnonzero(starts <= end * (1 + 1e-6))
        assert strip.score[mine[starts[mine].argmax()]] >= value
    assert strip.score.max(initial=0.0) == score.max(initial=0.0)


def test_scores_that_are_unknown_stay_so(hours_model):
    found = hours_model.anomalies(PANEL, every=24)
    unknown = AnomaliesDisplay.from_anomalies(replace(found, score=np.full_like(found.score, np.nan)))
    assert np.isnan(columns(unknown)["score"]).all()
    assert says(unknown.plot(), "the 0 highest")


def test_days_read_as_another_class_have_their_log_odds(hours_model):
    late = replace(PANEL, values=np.roll(PANEL.values, 12, axis=0))
    found = hours_model.anomalies(late, every=5)
    display = AnomaliesDisplay.from_label_disagreements(found, "hour", "03", 2)
    table, first = columns(display), found.label_disagreements("hour", "03", 2)
    assert sorted(table["rank"])[-2:] == [1, 2]
    lead = table["day"][table["rank"] == 1].astype("datetime64[D]")[0]
    assert lead == first[0].end.astype("datetime64[D]")
    assert np.nanmax(table["score"]) == pytest.approx(first[0].log_odds)
    assert says(display.plot(), "hour looks like 03, but is labelled otherwise; the 2 clearest")


def test_recordings_are_lines_the_most_anomalous_on_top(moves_model):
    found = moves_model.anomalies(RECORDINGS, every=9)
    names = np.where(found.keys.recordings == found.top(1)[0].recording, ODD_NAME, found.keys.recordings)
    display = AnomaliesDisplay.from_anomalies(replace(found, keys=replace(found.keys, recordings=names)), 1)
    figure = display.plot()
    assert figure.axes[0].get_yticklabels()[0].get_text() == ODD_NAME.replace("$", r"\$")
    assert says(figure, ODD_NAME)
    table = columns(display)
    assert table["score"][table["rank"] == 1].tolist() == [found.score.max()]
    assert table["recording"][table["rank"] == 1].tolist() == [ODD_NAME]


def test_bars_are_the_kl_and_the_collapsed_are_hollow(hours_model):
    diagnosis = hours_model.check(PANEL, "all", every=11)
    usage = diagnosis.measured.dimensions
    flat = replace(usage, kl=np.where(np.arange(len(usage.kl)) == 1, 0.001, usage.kl))
    flat = replace(flat, owners=tuple(ODD_NAME if owner == "hour" else owner for owner in flat.owners))
    display = DiagnosisDisplay.from_diagnosis(replace(diagnosis, measured=replace(diagnosis.measured, dimensions=flat)))
    figure = display.plot()
    bars = sorted((bar for part in figure.axes[0].containers for bar in part), key=lambda bar: bar.get_x())
    np.testing.assert_array_equal([bar.get_height() for bar in bars], columns(display)["kl"])
    assert [bar.get_facecolor()[3] == 0 for bar in bars] == flat.collapsed.tolist()
    assert {f"b of {ODD_NAME}", "a", "b of weekend"} <= set(texts(figure))
    assert says(figure, f"{flat.collapsed.sum()} of {len(flat.kl)} dimensions collapsed")
