"""Each case gives a fit all it needs: every class in training windows, none unseen in the other parts."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from divecast import DeepDIVE
from divecast.data import (
    Recordings,
    Windows,
    WindowShape,
    check_seen,
    encode_labels,
    fit_scale,
    fit_vocabularies,
    split,
)
from divecast.errors import ConfigError, DataError
from research.paper import cases
from research.paper.cases import CASES, Case, load_case
from studies.shared import EIA, ELECTRICITY, GAIT, needs

pytestmark = pytest.mark.slow  # each fits models of a study

REAL = [
    pytest.param("eia", EIA, marks=needs(EIA)),
    pytest.param("electricity", ELECTRICITY, marks=needs(ELECTRICITY)),
    pytest.param("gait", GAIT, marks=needs(GAIT)),
    pytest.param("gait-people", GAIT, marks=needs(GAIT)),
    pytest.param("motion", None),
]


@pytest.fixture(scope="module", autouse=True)
def read_once() -> Iterator[None]:
    """Read the recordings of this file's tests once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cases, "read_gait", cache(cases.read_gait))
        yield


def classes_seen(case: Case) -> list[tuple[int, int]]:
    """Classes of each factor at the ends of training windows, and in all."""
    parts = split(case.data, case.split)
    vocabularies = fit_vocabularies(case.data, case.factors, parts.train)
    check_seen(case.data, case.factors, vocabularies, parts)
    codes = encode_labels(case.data, case.factors, vocabularies)
    shape, stride = WindowShape(case.lookback, case.horizon), case.settings.training.window_stride
    windows = Windows.of(case.data, parts.train, codes, fit_scale(case.data, parts.train), shape, "fit", stride)
    at_windows = codes[windows.origins - 1]
    counts = [len(np.unique(column[column >= 0])) for column in at_windows.T]
    return [(count, vocabulary.n_classes) for count, vocabulary in zip(counts, vocabularies, strict=True)]


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize(("name", "path"), REAL)
def test_every_class_ends_some_training_window(name, path, quick):
    case = load_case(name, path, quick=quick)
    expected = {"motion": [7, 2], "gait": [5, 14], "gait-people": [5, 14]}.get(name, [24, 7, 12])
    assert classes_seen(case) == [(n, n) for n in expected]
    assert case.name == name
    assert max(case.steps) == case.horizon


@pytest.mark.parametrize(
    ("name", "path", "n"), [("motion", None, 5), pytest.param("gait-people", GAIT, 6, marks=needs(GAIT))]
)
def test_runs_hold_out_other_people_until_all_had_their_turn(name, path, n):
    folds = [load_case(name, path, seed=seed, quick=True) for seed in range(n)]
    tested = [person for case in folds for person in case.split.test]
    assert len(set(tested)) == len(tested) == 2 * n
    assert all(seen == n_classes for case in folds for seen, n_classes in classes_seen(case))
    assert all(f"people {', '.join(case.split.test)} held out as test" in case.about for case in folds)


@pytest.mark.parametrize("n", [1, 4])
def test_too_few_people_to_hold_some_out_are_refused(n):
    people = [str(at) for at in range(n)]
    recordings = Recordings.from_arrays([np.zeros((9, 1))] * 2 * n, {"participant": people * 2})
    with pytest.raises(DataError, match=rf"at least 5 values of participant, .* got {n}: \['0'"):
        cases._held_out("participant", recordings, 0)


@pytest.mark.parametrize("fold", range(7))
def test_five_people_are_enough(fold):
    recordings = Recordings.from_arrays([np.arange(9.0)[:, None]] * 5, {"participant": list("abcde")})
    parts = split(recordings, cases._held_out("participant", recordings, fold))
    assert [part.n_rows for part in (parts.train, parts.valid, parts.test)] == [9, 18, 18]


def test_a_quick_case_fits_and_scores():
    case = load_case("motion", quick=True)
    room = case.settings
    model = DeepDIVE(
        case.horizon, case.lookback, case.factors, model=room.model, training=room.training, losses=room.losses
    )
    model.fit(case.data, case.split, progress=False)
    table = model.evaluate(case.data, every=case.every).table()
    assert {str(step) for step in case.steps} <= set(table["horizon"].tolist())
    assert np.isfinite(table["rrse"]).all()


def test_names_and_paths_that_are_none_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="eia, electricity, gait, gait-people, motion"):
        load_case("traffic", tmp_path)
    for name in set(CASES) - {"motion"}:
        with pytest.raises(ConfigError, match="--data PATH"):
            load_case(name)
        with pytest.raises(DataError, match="found nothing at"):
            load_case(name, tmp_path / "none")
        with pytest.raises(DataError, match="expected"):
            load_case(name, tmp_path)
