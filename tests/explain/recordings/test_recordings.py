"""Recordings summarised one by one, and conditions compared over people."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ConfigError, DataError, DeepDIVE, Recordings
from divecast.explain.recordings.period import period_and_size
from divecast.explain.recordings.summarise import _far_above
from worlds import moves

RECORDINGS = moves()


def test_labels_of_each_recording_are_read_and_missing_ones_filled_in(moves_model: DeepDIVE) -> None:
    summary = moves_model.recordings(RECORDINGS)
    assert summary.names == RECORDINGS.names
    assert summary.labels.accuracy()["move"] == 1.0
    missing = [name for name, side in zip(RECORDINGS.names, RECORDINGS.labels["side"], strict=True) if side is None]
    assert [text.split(":")[0] for text in summary.filled_in()] == missing
    table = summary.frame(backend="pandas")
    assert len(table) == len(RECORDINGS.names)
    assert table["side_given"].isna().sum() == len(missing)
    np.testing.assert_allclose(table["move_given_probability"], table["move_probability"])


def test_wrong_labels_are_named_the_clearest_first(moves_model: DeepDIVE) -> None:
    wrong = RECORDINGS.labels["move"].copy()
    wrong[4] = "slow" if wrong[4] == "fast" else "fast"
    summary = moves_model.recordings(replace(RECORDINGS, labels={**RECORDINGS.labels, "move": wrong}))
    (told,) = summary.disagreements("move")
    assert told.startswith(f"r4: move is given as {wrong[4]}")
    assert set(summary.disagreements()) == set(summary.disagreements("side")) | {told}


def test_a_recording_of_another_kind_has_its_reasons(moves_model: DeepDIVE) -> None:
    values = RECORDINGS.values.copy()
    rows = slice(*RECORDINGS.offsets[[3, 4]])
    values[rows] = np.random.default_rng(0).uniform(-1.0, 1.0, values[rows].shape) * [1.0, 20.0]
    summary = moves_model.recordings(replace(RECORDINGS, values=values))
    assert any("unlike all of the training part" in reason for reason in summary.reasons[3])
    assert any("its windows score" in reason for reason in summary.reasons[3])
    assert summary.anomalies()[0].startswith("r3: ")


def test_a_channel_that_does_not_change_is_a_reason(moves_model: DeepDIVE) -> None:
    values = RECORDINGS.values.copy()
    values[slice(*RECORDINGS.offsets[[5, 6]]), 1] = 0.5
    summary = moves_model.recordings(replace(RECORDINGS, values=values))
    assert f"its channel '{RECORDINGS.channels[1]}' does not change" in summary.reasons[5]


def test_a_class_that_is_not_learned_is_given_not_missing(moves_model: DeepDIVE) -> None:
    move = RECORDINGS.labels["move"].copy()
    move[7] = "still"
    summary = moves_model.recordings(replace(RECORDINGS, labels={**RECORDINGS.labels, "move": move}))
    (told,) = summary.not_learned()
    assert told.startswith("r7: move is given as still, which the model has not learned, and read as ")
    assert not any(text.startswith("r7: move") for text in summary.filled_in())
    assert summary.frame(backend="pandas")["move_given"][7] == "still"
    assert any("1 given as a class that is not learned" in text for text in summary.sentences())


def test_what_is_read_of_the_fit_says_so(moves_model: DeepDIVE) -> None:
    assert any("the model was fitted to tell" in text for text in moves_model.recordings(RECORDINGS).sentences())
    assert not moves_model.recordings(RECORDINGS, part="test").seen


def test_scores_far_above_the_others_are_found_from_eight_recordings_on() -> None:
    scores = np.array([0.4, 0.5, 0.6, 0.5, 0.4, 0.6, 0.5, 3.0, np.nan])
    assert np.flatnonzero(_far_above(scores)).tolist() == [7]
    assert not _far_above(scores[-4:]).any()


def test_conditions_that_differ_are_found(moves_model: DeepDIVE) -> None:
    moved = moves_model.compare(RECORDINGS, "move", reference="slow")
    assert (moved.group, moved.contrasts[0].paired, moved.contrasts[0].n_people) == ("person", True, (8, 8))
    table = moved.frame(backend="pandas").set_index("quantity")
    assert table.loc["move = slow", "high"] < -0.5
    period = table.loc["period (s)"]
    assert period["high"] < 0.0
    assert period["difference"] == pytest.approx(1 / 2.0 - 1 / 0.7, abs=0.02)
    assert "partly of the fit" in moved.notes[0]


def test_dimensions_of_a_that_hardly_vary_are_left_out_by_name(moves_model: DeepDIVE) -> None:
    codes, compared = moves_model.encode(RECORDINGS), moves_model.compare(RECORDINGS, "move")
    active = {f"a{dim}": varies for dim, varies in enumerate(codes.a_mean.var(axis=0) > 0.01)}
    assert {name for name in compared.names if name in active} == {name for name, varies in active.items() if varies}
    left_out = ", ".join(name for name, varies in active.items() if not varies)
    assert any(note.startswith(f"Of a, {left_out} are left out") for note in compared.notes)


def test_a_label_that_the_model_does_not_have_is_compared_too(moves_model: DeepDIVE) -> None:
    visit = np.array([["one", "two"][i // 2 % 2] for i in range(len(RECORDINGS.names))], dtype=object)
    comparison = moves_model.compare(replace(RECORDINGS, labels={**RECORDINGS.labels, "visit": visit}), "visit")
    assert (comparison.reference, comparison.contrasts[0].to) == ("one", "two")
    assert "two beside one (8 persons in both)" in str(comparison)


def test_people_of_one_condition_alone_are_left_out_by_name(moves_model: DeepDIVE) -> None:
    move = RECORDINGS.labels["move"].copy()
    move[:4] = "fast"  # p0 has no slow recording
    comparison = moves_model.compare(replace(RECORDINGS, labels={**RECORDINGS.labels, "move": move}), "move")
    assert comparison.contrasts[0].left_out == ("p0",)
    assert comparison.contrasts[0].n_people == (7, 7)


@pytest.mark.parametrize(
    ("label", "options", "error"),
    [
        ("speed", {}, "no label 'speed'"),
        ("move", {"reference": "still"}, "'move' has no class 'still'"),
        ("move", {"to": "fast", "reference": "fast"}, "cannot be compared with itself"),
        ("move", {"level": 1.0}, "a level between 0 and 1"),
        ("person", {}, "cannot be compared with 'p0'"),
    ],
)
def test_what_cannot_be_compared_is_refused(moves_model: DeepDIVE, label: str, options: dict, error: str) -> None:
    with pytest.raises((DataError, ConfigError), match=error):
        moves_model.compare(RECORDINGS, label, **options)


def test_a_panel_has_no_recordings(hours_model: DeepDIVE) -> None:
    from worlds import hours

    with pytest.raises(DataError, match="a question to recordings"):
        hours_model.recordings(hours().panel)


def test_period_and_size_are_those_of_the_movement(moves_model: DeepDIVE) -> None:
    fitted = moves_model.fitted_model
    windows = fitted.windows(RECORDINGS)
    period, size = period_and_size(fitted, windows).T
    move = RECORDINGS.labels["move"][windows.segments]
    np.testing.assert_allclose(period[move == "fast"], 1 / 2.0, rtol=0.03)
    np.testing.assert_allclose(period[move == "slow"], 1 / 0.7, rtol=0.05)
    np.testing.assert_allclose(size, 1.0, atol=0.2)


def _still(n: int) -> Recordings:
    """The recordings, the first n of which do not repeat."""
    values, rows = RECORDINGS.values.copy(), RECORDINGS.offsets[n]
    values[:rows] = np.linspace(0.0, 1.0, rows)[:, None]
    return replace(RECORDINGS, values=values)


def test_a_recording_that_does_not_repeat_is_left_out_by_name(moves_model: DeepDIVE) -> None:
    comparison = moves_model.compare(_still(1), "move")
    assert "period (s)" in comparison.names
    assert "Left out, as they do not repeat within a look-back: 'r0'." in comparison.notes
    kept = replace(RECORDINGS, labels={**RECORDINGS.labels, "move": np.array([None, *RECORDINGS.labels["move"][1:]])})
    np.testing.assert_array_equal(comparison.contrasts[0].means, moves_model.compare(kept, "move").contrasts[0].means)


def test_the_period_is_left_out_where_many_do_not_repeat(moves_model: DeepDIVE) -> None:
    comparison = moves_model.compare(_still(4), "move")
    assert "period (s)" not in comparison.names
    assert any(note.startswith("The period (s) is left out") for note in comparison.notes)


def test_recordings_without_people_count_one_by_one(moves_model: DeepDIVE) -> None:
    labels = {name: column for name, column in RECORDINGS.labels.items() if name != "person"}
    data: Recordings = replace(RECORDINGS, labels=labels)
    with pytest.raises(DataError, match="no label 'person'"):
        moves_model.compare(data, "move")
