import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import Label, Windows, WindowShape, encode_labels, fit_scale, fit_vocabularies, split
from divecast.errors import ConfigError
from research.few_labels.hidden_labels import SPAN, Hiding, hide_labels, labelled_shares
from research.paper.cases import Case
from studies.small import hours_case, moves_case


def codes(case: Case) -> np.ndarray:
    parts = split(case.data, case.split)
    return encode_labels(case.data, case.factors, fit_vocabularies(case.data, case.factors, parts.train))


def training_rows(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Last rows of the training windows, and their recordings."""
    parts, shape = split(case.data, case.split), WindowShape(case.lookback, case.horizon)
    stride, scale = case.settings.training.window_stride, fit_scale(case.data, parts.train)
    windows = Windows.of(case.data, parts.train, codes(case), scale, shape, "fit", stride)
    return windows.origins - 1, windows.segments


@settings(max_examples=25)
@given(
    share=st.floats(0.01, 1.0),
    unit=st.sampled_from(["window", "factor"]),
    pattern=st.sampled_from(["random", "blocks"]),
    seed=st.integers(0, 3),
)
def test_what_is_left_is_true_and_every_class_is_left(share: float, unit: str, pattern: str, seed: int) -> None:
    whole = hours_case()
    hidden = hide_labels(whole, Hiding(share, unit, pattern, seed))
    before, after = codes(whole), codes(hidden)
    assert set(np.unique(after[after != before])) <= {-1}
    test = split(whole.data, whole.split).test.rows()
    np.testing.assert_array_equal(after[test], before[test])
    rows, _ = training_rows(hidden)
    for at in range(2):
        assert set(after[rows, at]) - {-1} == set(before[rows, at])
    if unit == "window":
        np.testing.assert_array_equal(after[rows, 0] < 0, after[rows, 1] < 0)


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_share_asked_for_is_left(share: float) -> None:
    for unit in ("window", "factor"):
        hidden = hide_labels(hours_case(), Hiding(share, unit, "random", 0))
        rows, _ = training_rows(hidden)
        wanted = max(round(share * len(rows)) / len(rows), 24 / len(rows) if unit == "factor" else 0)
        assert labelled_shares(hidden)["hour"] == pytest.approx(wanted, abs=26 / len(rows) if share == 0.1 else 1e-12)


def test_all_labels_leave_the_calendar_as_columns() -> None:
    whole = hours_case()
    hidden = hide_labels(whole, Hiding(1.0))
    np.testing.assert_array_equal(codes(hidden), codes(whole))
    assert all(isinstance(factor, Label) for factor in hidden.factors)
    assert [factor.kind for factor in hidden.factors] == ["cyclic", "plain"]


def test_factors_have_windows_of_their_own() -> None:
    hidden = hide_labels(hours_case(), Hiding(0.5, "factor"))
    rows, _ = training_rows(hidden)
    known = codes(hidden)[rows] >= 0
    assert 0.15 < (known[:, 0] & known[:, 1]).mean() < 0.35  # a quarter, were they independent


def test_blocks_of_a_panel_are_whole_spans() -> None:
    hidden = hide_labels(hours_case(), Hiding(0.4, "window", "blocks"))
    rows, _ = training_rows(hidden)
    known = codes(hidden)[rows, 0] >= 0
    for span in np.unique(rows // SPAN):
        assert len(set(known[rows // SPAN == span])) == 1


def test_blocks_of_recordings_are_whole_recordings() -> None:
    whole = moves_case()
    hidden = hide_labels(whole, Hiding(0.4, "window", "blocks"))
    rows, recordings = training_rows(hidden)
    known = codes(hidden)[rows, 0] >= 0
    shares = {len(set(known[recordings == at])) for at in np.unique(recordings)}
    assert shares == {1}
    assert 0.1 < known.mean() < 0.7
    given_before, given_after = codes(whole)[:, 1] >= 0, codes(hidden)[:, 1] >= 0
    assert not (given_after & ~given_before).any()


def test_the_seed_chooses() -> None:
    first, again, other = (codes(hide_labels(hours_case(), Hiding(0.2, seed=seed))) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_values_stay_as_they_are() -> None:
    whole = moves_case()
    hidden = hide_labels(whole, Hiding(0.3))
    assert hidden.data.fingerprint() == whole.data.fingerprint()
    assert hidden.data.labels.keys() == whole.data.labels.keys() - {"move", "side"}


@pytest.mark.parametrize(
    "wrong", [{"share": 0.0}, {"share": 1.1}, {"share": 0.5, "unit": "row"}, {"share": 0.5, "pattern": "x"}]
)
def test_settings_out_of_range_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError, match=r"share|unit|pattern"):
        hide_labels(hours_case(), Hiding(**wrong))
