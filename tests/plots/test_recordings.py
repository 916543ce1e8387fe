"""Plots of recordings and of compared conditions."""

from dataclasses import replace

import numpy as np

from divecast import DeepDIVE
from divecast.plots import ComparisonDisplay, RecordingsDisplay
from worlds import moves

RECORDINGS = moves()


def test_recordings_show_probabilities_given_labels_and_scores(moves_model: DeepDIVE) -> None:
    summary = moves_model.recordings(RECORDINGS)
    figure = summary.plot()
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["move", "side", "mean anomaly score"]
    (rings,) = figure.axes[1].lines
    assert len(rings.get_xdata()) == sum(side is not None for side in RECORDINGS.labels["side"])
    assert len(figure.axes[2].patches) == len(RECORDINGS.names)


def test_of_many_recordings_those_with_reasons_are_shown(moves_model: DeepDIVE) -> None:
    summary = moves_model.recordings(RECORDINGS)
    twice = np.arange(2 * len(summary.names)) % len(summary.names)
    keys, shares = summary.labels.keys.at(twice), tuple(each[twice] for each in summary.labels.probabilities)
    labels = replace(summary.labels, keys=keys, probabilities=shares, given=summary.labels.inferred[twice])
    reasons = ((),) * (len(twice) - 1) + (("something",),)
    many = replace(summary, labels=labels, score=summary.score[twice], reasons=reasons)
    display = RecordingsDisplay.from_summary(many)
    assert len(display.shown) == 60
    assert len(twice) - 1 in display.shown


def test_a_comparison_has_a_panel_per_condition_in_units_of_the_spread(moves_model: DeepDIVE) -> None:
    comparison = moves_model.compare(RECORDINGS, "move")
    figure = ComparisonDisplay.from_comparison(comparison).plot()
    (panel,) = figure.axes
    assert panel.get_title(loc="left") == "slow beside fast\n8 persons"
    assert [tick.get_text() for tick in panel.get_yticklabels()] == [*comparison.names]
    point = panel.lines[2].get_xdata()[0]
    np.testing.assert_allclose(point, comparison.contrasts[0].difference[0] / comparison.spread[0])
