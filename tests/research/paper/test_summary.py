"""Mean, spread, tests and verdicts against hand values and scipy."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from research.common import Spread, spread
from research.paper.paper import EXPECTATIONS, Expectation
from research.paper.summary import QUANTITIES, compare, decide, holm, values_of
from studies.lines import record

SHORT = [0.31, -0.12, 0.5, 0.22, 0.41]
LONG = [0.31, -0.12, 0.5, 0.22, 0.41, -0.05, 0.13, 0.27]


def by_seed(values):
    return dict(enumerate(values))


def test_mean_and_standard_deviation_by_hand():
    assert spread([2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]) == Spread(5.0, pytest.approx((32 / 7) ** 0.5), 8)


def test_one_run_has_no_standard_deviation_and_none_has_no_mean():
    assert spread([3.5]) == Spread(3.5, None, 1)
    assert spread([]) is None


def test_the_paired_t_test_is_scipys():
    one, other = 1.0 + np.array(SHORT), np.ones(5)
    found = compare(by_seed(one), by_seed(other))
    assert found.p == pytest.approx(stats.ttest_rel(one, other).pvalue, rel=1e-12)
    assert (found.n, found.n_lower) == (5, 1)
    assert found.difference == pytest.approx(np.mean(SHORT))
    assert found.p_wilcoxon is None


def test_wilcoxon_comes_from_six_seeds_on():
    found = compare(by_seed(LONG), by_seed([0.0] * 8))
    assert found.p_wilcoxon == pytest.approx(stats.wilcoxon(LONG, method="exact").pvalue)
    # all of six in one direction: the least p there is
    assert compare(by_seed(range(1, 7)), by_seed([0] * 6)).p_wilcoxon == pytest.approx(2 / 2**6)


@pytest.mark.parametrize("n", [1, 2])
def test_fewer_than_three_seeds_have_no_p(n):
    found = compare(by_seed(SHORT[:n]), by_seed([0.0] * n))
    assert (found.n, found.p, found.p_wilcoxon) == (n, None, None)


def test_only_seeds_that_both_have_are_compared():
    found = compare({0: 1.0, 2: 3.0, 5: 9.0}, {0: 0.5, 2: 3.5, 7: 0.0})
    assert (found.n, found.difference, found.n_lower) == (2, 0.0, 1)
    assert compare({0: 1.0}, {1: 1.0}) is None


def test_equal_arms_are_not_different():
    found = compare(by_seed(LONG), by_seed(LONG))
    assert (found.p, found.p_wilcoxon, found.n_lower, found.n_higher) == (1.0, 1.0, 0, 0)


def test_a_constant_difference_has_no_t_test():
    assert compare(by_seed([1.0] * 4), by_seed([0.0] * 4)).p is None


def test_holm_by_hand():
    # ranked .005, .01, .03, .04 times 4, 3, 2, 1, each at least the one before
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([None, 0.04, None]) == [None, 0.04, None]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_no_correction_and_bonferroni_and_keeps_the_order(ps):
    found = holm(ps)
    assert all(p <= q <= min(1.0, len(ps) * p) + 1e-12 for p, q in zip(ps, found, strict=True))
    assert [found[at] for at in np.argsort(ps, kind="stable")] == sorted(found)


def table(**reconstruction):
    return [
        replace(
            record(arm, seed), reconstruction={"original": record(arm, seed, rrse=value).reconstruction["original"]}
        )
        for arm, values in reconstruction.items()
        for seed, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("full", "a", "verdict"),
    [
        ([0.10, 0.11, 0.12, 0.10], [0.20, 0.22, 0.21, 0.21], "holds"),
        ([0.20, 0.22, 0.21, 0.21], [0.10, 0.11, 0.12, 0.10], "does not hold"),
        ([0.10, 0.21, 0.12, 0.20], [0.20, 0.12, 0.21, 0.10], "not decided"),
        ([0.10, 0.11], [0.20, 0.22], "not decided"),
    ],
)
def test_an_expectation_holds_fails_or_is_open(full, a, verdict):
    (found,) = decide(table(full=full, a=a), [Expectation("reconstruction", "full", "a")])
    assert found.verdict == verdict


def test_an_arm_that_infers_no_labels_has_no_forecast_with_labels_inferred():
    given, full = record("given", 0, rrse=0.25), record("full", 0, rrse=0.5)
    assert [QUANTITIES[name].read(given) for name in ("forecast", "known")] == [None, 0.25]
    assert [QUANTITIES[name].read(full) for name in ("forecast", "known")] == [0.5, 0.5]


def test_more_is_better_for_mig():
    records = [
        record(arm, seed, mig=value + 0.01 * seed**2) for arm, value in (("full", 0.5), ("a", 0.1)) for seed in range(4)
    ]
    records = [replace(r, measures={**r.measures}) for r in records]
    decision = decide([*records[:3], record("full", 3, mig=0.52), *records[4:]], [Expectation("mig", "full", "a")])[0]
    assert decision.verdict == "holds"


def test_expectations_without_runs_are_open():
    assert [each.verdict for each in decide([record("full", 0)], EXPECTATIONS)] == ["not decided"] * 4
    assert decide([record("full", 0)], EXPECTATIONS)[0].comparison is None


def test_values_that_an_arm_lacks_are_left_out():
    assert values_of([record("full", 0), record("full", 1)], "full", lambda r: None if r.seed else 2.0) == {0: 2.0}
