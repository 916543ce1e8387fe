"""MIG, DCI, SAP and modularity on matrices and codes whose values are known."""

import numpy as np
import pytest
from scipy.stats import t

from divecast.metrics import FactorLabels, MeasureConfig, Units
from divecast.metrics.latents.accuracy import balanced_accuracies, chances
from divecast.metrics.latents.dci import specialisation, specialisations
from divecast.metrics.latents.gap import best_two_gaps
from divecast.metrics.latents.information import information_draws
from divecast.metrics.latents.measured import jackknifed
from divecast.metrics.latents.mig import gaps, own_gaps
from divecast.metrics.latents.modularity import modularities, weighted_modularity
from divecast.metrics.latents.sample import Sample
from divecast.metrics.latents.sap import nearest_means, separations

ONCE = MeasureConfig(n_boot=0, max_windows=8000)
FIVES = np.diag(np.full(5, 5.0))
TWICE = np.vstack([FIVES, FIVES])
EMPTY = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])


def sample_of(code: np.ndarray, labels: np.ndarray) -> Sample:
    classes = tuple(tuple(map(str, range(column.max() + 1))) for column in labels.T)
    names = tuple(f"f{i}" for i in range(labels.shape[1]))
    return Sample.of(Units.of_code(code, {}), FactorLabels(names, classes, labels), None, ONCE)


def mig_of(code: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return gaps(*information_draws(sample_of(code, labels)))[0]


def factors(seed: int, n: int, *n_classes: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, k, n) for k in n_classes], axis=1)


# The worked examples of disentanglement_lib (Locatello et al. 2019), dci_test.py and modularity_explicitness_test.py.
@pytest.mark.parametrize(
    ("importance", "d", "c", "modular"),
    [
        (FIVES, 1.0, 1.0, 1.0),
        (EMPTY, 1.0, 1.0, 2 / 3),
        (np.zeros((10, 10)), 0.0, 0.0, 0.0),
        (TWICE, 1.0, 1 - np.log(2) / np.log(10), 1.0),
        (FIVES[:2], 1.0, 1.0, 1.0),
        (TWICE.T, 1 - np.log(2) / np.log(10), 1.0, 1 - 1 / 9),
    ],
)
def test_published_examples(importance: np.ndarray, d: float, c: float, modular: float) -> None:
    assert specialisation(importance) == pytest.approx(d, abs=1e-9)
    assert specialisation(importance.T) == pytest.approx(c, abs=1e-9)
    assert modularities(importance).mean() == pytest.approx(modular)


def test_modularity_of_units_that_carry_several_factors() -> None:
    assert modularities(np.ones((4, 3))) == pytest.approx(0.0)
    # One of three factors at half the information: 1 - (1/4) / (3 - 1).
    assert modularities(np.array([[2.0, 1.0, 0.0]])) == pytest.approx([7 / 8])
    assert weighted_modularity(EMPTY) == pytest.approx(1.0)
    assert weighted_modularity(np.array([[3.0, 0.0], [1.0, 1.0]])) == pytest.approx(0.75)
    assert np.isnan(modularities(np.ones((4, 1)))).all()


def test_specialisation_of_a_single_column_is_not_defined() -> None:
    assert np.isnan(specialisations(np.ones((3, 1)))).all()


def test_mig_of_a_matrix() -> None:
    information, entropies = np.array([[[0.9, 0.1], [0.5, 0.8]]]), np.array([[1.0, 2.0]])
    assert gaps(information, entropies) == pytest.approx(np.array([[0.4, 0.35]]))
    assert own_gaps(information, entropies, [(1, 0), (1, 1)]) == pytest.approx(np.array([[-0.4, 0.35]]))
    assert gaps(information[:, :1], entropies) == pytest.approx(np.array([[0.9, 0.05]]))


def test_mig_of_a_perfect_code_is_one_and_of_an_independent_one_zero() -> None:
    labels = factors(0, 3000, 5, 3)
    rng = np.random.default_rng(1)
    assert mig_of(labels + 0.05 * rng.normal(size=labels.shape), labels) == pytest.approx(1.0, abs=0.03)
    assert mig_of(rng.normal(size=(3000, 4)), labels) == pytest.approx(0.0, abs=0.03)
    assert mig_of(np.tile(labels, 2) * 1.0, labels) == pytest.approx(0.0, abs=1e-9)  # each factor in two units


def rotated_information(angle: float, noise: float) -> tuple[float, float]:
    """I(z1; s1), I(z2; s1) over ln 2, z = R(angle) s + noise, s two fair signs, by quadrature."""
    x = np.linspace(-8, 8, 40_001)

    def information(on_first: float, on_other: float) -> float:
        given = [
            np.mean([np.exp(-0.5 * ((x - s * on_first - other * on_other) / noise) ** 2) for other in (-1, 1)], axis=0)
            for s in (-1, 1)
        ]
        density = np.array(given) / (noise * np.sqrt(2 * np.pi))
        ratio = np.log(np.maximum(density, 1e-300) / np.maximum(density.mean(axis=0), 1e-300))
        return float(np.trapezoid((density * ratio).mean(axis=0), x) / np.log(2))

    return information(np.cos(angle), -np.sin(angle)), information(np.sin(angle), np.cos(angle))


@pytest.mark.parametrize("degrees", [0, 15, 30, 45])
def test_mig_of_a_rotated_code(degrees: int) -> None:
    angle, noise = np.deg2rad(degrees), 0.4
    labels, rng = factors(2, 8000, 2, 2), np.random.default_rng(3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    code = (2 * labels - 1) @ turn.T + noise * rng.normal(size=labels.shape)
    first, second = rotated_information(angle, noise)
    assert mig_of(code, labels) == pytest.approx(first - second, abs=0.03)


def test_mig_of_two_signs_rotated_by_45_degrees_is_known_by_counting() -> None:
    # z1 = s1 + s2 is -2, 0 or 2; at 0, half of the time, s1 is open, so I = half a bit. z2 = s1 - s2 alike: MIG 0.
    # A third factor of its own keeps MIG 1, so the mean over factors is 1/3.
    signs = np.array([[s, r, u] for s in (0, 1) for r in (0, 1) for u in (0, 1)] * 50)
    code = signs @ np.array([[1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [0.0, 0.0, 1.0]])
    information, entropies = information_draws(sample_of(code, signs))
    half = np.log(2) / 2
    assert information[0] == pytest.approx(np.array([[half, half, 0], [half, half, 0], [0, 0, 2 * half]]), abs=1e-12)
    assert gaps(information, entropies).mean() == pytest.approx(1 / 3)


@pytest.mark.parametrize("n_classes", [2, 3, 10])
def test_sap_of_a_perfect_code_is_one_less_chance(n_classes: int) -> None:
    labels, rng = factors(4, 2000, n_classes), np.random.default_rng(5)
    found = separations(sample_of(np.hstack([labels, rng.normal(size=(2000, 2))]), labels))
    assert found[0] == pytest.approx(1 - 1 / n_classes, abs=0.04)


def test_sap_of_two_normals_is_their_overlap() -> None:
    # Means 2 sd apart, threshold midway: accuracy Phi(1) = 0.8413, against 1/2 of a unit that says nothing.
    labels, rng = factors(6, 8000, 2), np.random.default_rng(7)
    assert separations(sample_of(2.0 * labels + rng.normal(size=(8000, 1)), labels))[0] == pytest.approx(
        0.8413 - 0.5, abs=0.015
    )


def test_sap_of_a_block_weighs_by_the_spread_within_classes() -> None:
    # Noise of correlation r along the diagonal, means 1 apart in one dimension: the distance of Mahalanobis is
    # 1/sqrt(1 - r^2) = 2.294 at r = 0.9, so accuracy Phi(1.147) = 0.8743; the first alone has Phi(1/2) = 0.69.
    labels, rng = factors(9, 8000, 2), np.random.default_rng(10)
    noise = rng.multivariate_normal([0.0, 0.0], [[1.0, 0.9], [0.9, 1.0]], size=8000)
    sample = sample_of(rng.normal(size=(8000, 1)), labels)
    read = nearest_means(labels * [1.0, 0.0] + noise, labels[:, 0], sample.folds)
    assert (read == labels[:, 0]).mean() == pytest.approx(0.8743, abs=0.015)


def test_the_order_of_units_is_settled_on_the_data() -> None:
    scores = np.array([[[0.5], [0.4]], [[0.3], [0.6]]])  # the second draw has them the other way round
    assert best_two_gaps(scores, np.zeros((2, 1))) == pytest.approx(np.array([[0.1], [-0.3]]))
    assert own_gaps(
        np.array([[[0.5], [0.4], [0.1]], [[0.5], [0.2], [0.4]]]), np.ones((2, 1)), [(0, 0)]
    ) == pytest.approx(np.array([[0.1], [0.3]]))


def test_chance_is_that_of_the_commonest_class_of_the_data() -> None:
    assert chances(np.array([[5.0, 4.0], [3.0, 6.0]])) == pytest.approx([5 / 9, 3 / 9])
    assert balanced_accuracies(np.array([[2.0, 0.0, 0.0]]), np.array([[4.0, 2.0, 0.0]])) == pytest.approx([1 / 4])


def test_jackknife_of_a_mean_is_the_usual_interval() -> None:
    values = np.random.default_rng(11).uniform(0.4, 0.6, 8)
    replicates = (values.sum() - values) / 7
    found = jackknifed(float(values.mean()), replicates, 0.95)
    usual = t.interval(0.95, 7, values.mean(), values.std(ddof=1) / np.sqrt(8))
    assert found == pytest.approx((values.mean(), *usual))


def test_sap_of_a_duplicated_or_silent_code_is_zero() -> None:
    labels = factors(8, 1000, 4)
    assert separations(sample_of(np.hstack([labels, labels]) * 1.0, labels))[0] == pytest.approx(0.0)
    assert separations(sample_of(np.ones((1000, 3)), labels))[0] == pytest.approx(0.0)
