"""Scores of sample paths: known answers, and those of scoringrules."""

import numpy as np
import pytest

from divecast import DataError
from divecast.metrics import crps_paths, energy_score, variogram_score

RANDOM = np.random.default_rng(0)
PATHS, TRUTH = RANDOM.normal(size=(30, 5, 4)), RANDOM.normal(size=(5, 4))


def test_scores_are_those_of_scoringrules() -> None:
    rules = pytest.importorskip("scoringrules", reason="scoringrules is in the extra dev")
    vectors = PATHS.swapaxes(0, 1)
    np.testing.assert_allclose(crps_paths(PATHS, TRUTH), rules.crps_ensemble(TRUTH, PATHS, m_axis=0, estimator="nrg"))
    np.testing.assert_allclose(energy_score(PATHS, TRUTH), rules.es_ensemble(TRUTH, vectors))
    np.testing.assert_allclose(variogram_score(PATHS, TRUTH), rules.vs_ensemble(TRUTH, vectors))


def test_one_path_has_its_distance_as_score() -> None:
    np.testing.assert_allclose(crps_paths(PATHS[:1], TRUTH), np.abs(PATHS[0] - TRUTH))
    np.testing.assert_allclose(energy_score(PATHS[:1], TRUTH), np.linalg.norm(PATHS[0] - TRUTH, axis=-1))


def test_shapes_must_fit() -> None:
    with pytest.raises(DataError, match="one axis more"):
        crps_paths(PATHS, TRUTH[0])
