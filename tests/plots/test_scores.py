"""Plots of scores, samples, reconstructions and losses: what is drawn is what the results hold."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ConfigError, DeepDIVE
from divecast.inference.evaluation import MODEL_NAME
from divecast.plots import (
    BacktestDisplay,
    CodeDisplay,
    EvaluationDisplay,
    HistoryDisplay,
    ReconstructionDisplay,
    SamplesDisplay,
    SearchDisplay,
    plot,
)
from divecast.selection.backtest import Backtest
from divecast.selection.run_trials import FinishedTrial
from divecast.selection.search import Candidate, SearchResult
from divecast.selection.trial import TrialResult
from plain import plain_model
from plots.drawn import columns, lines, texts
from worlds import hours

PANEL = hours().panel


@pytest.fixture(scope="module")
def evaluation(hours_model):
    return hours_model.evaluate(PANEL, every=5)


def finished(factor):
    """A trial whose scores are those of two forecasters, times a factor."""
    table = {"model": [MODEL_NAME] * 2 + ["last value"] * 2, "horizon": ["1", "all"] * 2}
    scores = {"rrse": [0.1 * factor, 0.2 * factor, 0.4, 0.5], "mase": [1.0, 2.0, None, None]}
    return FinishedTrial(None, TrialResult({}, table | scores, {}, 1.0, 1), None)


def test_scores_are_drawn_by_step(evaluation):
    display = EvaluationDisplay.from_evaluation(evaluation, ["rrse", "crps"])
    left, right = display.plot().axes
    for line, score in zip(lines(left), evaluation.scores.values(), strict=True):
        np.testing.assert_array_equal(line, score.rrse[:-1])
    np.testing.assert_array_equal(lines(right), [evaluation.scores[MODEL_NAME].crps[:-1]])  # others have no quantiles
    assert set(evaluation.scores) <= set(texts(display.plot()))
    assert len(columns(display)["model"]) == 7 * len(evaluation.scores)


@pytest.mark.parametrize("measures", [["speed"], []])
def test_an_unknown_measure_is_named(evaluation, measures):
    with pytest.raises(ConfigError, match=r"Expected measures out of rrse, .*, got ('speed'|none)"):
        EvaluationDisplay.from_evaluation(evaluation, measures)


def test_a_backtest_is_drawn_by_fold_without_the_failed_ones():
    backtest = Backtest((finished(1.0), FinishedTrial(None, None, "failed"), finished(2.0)), "pyarrow")
    axes = BacktestDisplay.from_backtest(backtest).plot().axes
    np.testing.assert_allclose(lines(axes[0]), [[0.2, 0.4], [0.5, 0.5]])
    np.testing.assert_allclose(lines(axes[1]), [[2.0, 2.0]])
    assert plot(backtest, measures=["rrse"]).axes


def test_candidates_are_drawn_from_the_best_down():
    candidates = tuple(Candidate({"training.clip": clip, "lookback": 24}, (), 1.0 + clip) for clip in (0.5, 1.0))
    figure = SearchDisplay.from_search(SearchResult("crps", candidates, DeepDIVE(6, 24), "pyarrow")).plot()
    np.testing.assert_array_equal(figure.axes[0].lines[0].get_xdata(), [1.5, 2.0])
    assert {"clip=0.5, lookback=24", "crps on the validation part"} <= set(texts(figure))
    assert figure.axes[0].yaxis_inverted()


def test_a_reconstruction_is_drawn_beside_the_truth(hours_model):
    whole = hours_model.reconstruct(PANEL, every=20)
    (axes,) = ReconstructionDisplay.from_reconstruction(whole, "s2", window=-1).plot().axes
    np.testing.assert_array_equal(lines(axes), [whole.truth[-1, :, 2], whole.mean[-1, :, 2]])


def test_every_sample_is_a_line(hours_model):
    samples = hours_model.sample(5)
    display = SamplesDisplay.from_samples(samples, "s1", n=3)
    drawn = lines(display.plot().axes[0])[:3]
    np.testing.assert_array_equal(drawn, np.concatenate([samples.x, samples.y], axis=1)[:3, :, 1])
    assert plot(samples).axes


def test_losses_are_drawn_by_epoch(hours_model):
    history = hours_model.history
    display = HistoryDisplay.from_history(history)
    table = display.frame()
    assert list(table["epoch"]) == [record.epoch for record in history.records]
    term = next(iter(history.records[0].train))
    losses = [record.train[term] for record in history.records]
    np.testing.assert_array_equal(table[f"train_{term}"], losses)
    np.testing.assert_array_equal(lines(history.plot().axes[0])[0], losses)


def test_codes_alone_are_coloured_by_the_most_probable_class(hours_model):
    codes = hours_model.encode(PANEL, every=20)
    table = columns(CodeDisplay.from_codes(codes))
    names = [codes.classes[0][k] for k in codes.probabilities[0].argmax(axis=1)]
    assert table["class"][table["panel"] == "b of hour"].tolist() == names
    assert CodeDisplay.from_codes(codes).plot().axes[0].has_data()
    plain = plain_model().encode(PANEL, every=20)
    with pytest.raises(ConfigError, match="no factors to show"):
        CodeDisplay.from_codes(plain)
    one = replace(codes, b_mean=tuple(b[:, :1] for b in codes.b_mean), b_sd=tuple(b[:, :1] for b in codes.b_sd))
    assert CodeDisplay.from_codes(one).plot().axes[0].get_ylabel() == "class"
