"""What runs of conflict.py decide: hand-made lines whose answer is known."""

import pytest

from research.conflict.arms import ALONE
from research.conflict.summary import LOSSES, PAIRS, Interval, interval, judge, read_runs
from research.conflict.words import verdict_text

RATE, NULL = 0.3, 0.3


def line(arm, seed, loss=0.0, rate=0.0, case="eia", quick=False):
    """A run whose every loss is 1 + ``loss``, and every rate of negative cosines ``rate`` above the null."""
    nll, n = 1.0 + loss, len(PAIRS)
    views = ("as trained", "unfrozen")
    probe = {
        "first": [first for first, _ in PAIRS] * 2,
        "second": [second for _, second in PAIRS] * 2,
        "module": ["whole"] * 2 * n,
        "view": [view for view in views for _ in PAIRS],
        "across_negative": [RATE + rate] * 2 * n,
        "null_negative": [NULL] * 2 * n,
        "same_median": [0.5 - rate] * 2 * n,
        "back_harmful": [0.25] * 2 * n,
    }
    scores = {
        "forecast_infer": {"nll": nll},
        "forecast_known": {"nll": nll},
        "reconstruction": {"nll": nll - 0.25, "kl": 0.25},
        "labels": {"cross_entropy": {"hour": nll - 0.5, "weekday": nll + 0.5}},
    }
    return {"case": case, "arm": arm, "seed": seed, "quick": quick, "scores": scores, "probe": probe}


def lines(losses, rates, arm="frozen", case="eia"):
    """An arm, a loss and a rate a seed, beside each loss trained alone."""
    own = [line(arm, seed, *pair, case) for seed, pair in enumerate(zip(losses, rates, strict=True))]
    return [*own, *(line(alone, seed, case=case) for alone in ALONE for seed in range(len(losses)))]


SAME, WORSE, BETTER, WIDE = (0.0, 0.001, -0.001), (0.1, 0.11, 0.09), (-0.1, -0.11, -0.09), (0.1, -0.1, 0.0)
LOWER, HIGHER = (-0.1, -0.11, -0.09), (0.2, 0.21, 0.22)


@pytest.mark.parametrize(
    ("losses", "rates", "answer"),
    [
        (SAME, SAME, ("yes", "yes", "yes")),
        (BETTER, LOWER, ("yes", "yes", "yes")),
        (WORSE, LOWER, ("no", "yes", "no")),
        (SAME, HIGHER, ("yes", "no", "no")),
        (WIDE, LOWER, ("not decided", "yes", "not decided")),
        (SAME, WIDE, ("yes", "not decided", "not decided")),
        (WIDE, HIGHER, ("not decided", "no", "no")),
        ((0.0,), (0.0,), ("not decided", "not decided", "not decided")),
    ],
)
def test_an_arm_is_free_only_if_both_conditions_hold(losses, rates, answer):
    (runs,) = read_runs(lines(losses, rates))
    found = judge(runs, "frozen")
    assert (found.losses_hold, found.rate_holds, found.free) == answer


@pytest.mark.parametrize("missing", ALONE)
def test_without_a_loss_trained_alone_nothing_is_free(missing):
    (runs,) = read_runs([each for each in lines(SAME, LOWER) if each["arm"] != missing])
    assert judge(runs, "frozen").losses_hold == "not decided"
    (runs,) = read_runs([each for each in lines(WORSE, LOWER) if each["arm"] != missing])
    assert judge(runs, "frozen").losses_hold == "no"


def test_one_loss_that_is_worse_is_enough():
    found = lines(SAME, LOWER)
    for seed, each in enumerate(found[:3]):
        each["scores"]["forecast_known"]["nll"] += WORSE[seed]
    (runs,) = read_runs(found)
    verdict = judge(runs, "frozen")
    assert verdict.free == "no"
    assert [loss for loss in LOSSES if verdict.worse[loss].above(0.01) == "yes"] == ["forecast (labels known)"]


def test_differences_are_paired_by_seed():
    shift = 0.1, 5.0, -3.0  # of a seed, in all arms alike
    found = lines(SAME, SAME)
    for each in found:
        each["scores"]["forecast_infer"]["nll"] += shift[each["seed"]]
    (runs,) = read_runs(found)
    assert runs.against_alone("frozen", "forecast (labels read)").mean == pytest.approx(0.0, abs=1e-12)
    assert judge(runs, "frozen").free == "yes"


def test_a_frozen_module_without_cosines_meets_the_first_condition_by_what_is_left():
    found = lines(SAME, HIGHER)
    for each in found:
        table = each["probe"]
        table["view"] = ["unfrozen"] * len(table["view"])
    (runs,) = read_runs(found)
    verdict = judge(runs, "frozen")
    assert verdict.above == {}
    assert verdict.free == "not decided"


def test_runs_of_a_trial_and_those_that_chose_weights_are_left_out():
    found = [line("frozen", 0), line("frozen", 1, quick=True), line("tune-10-1", 100), line("frozen", 0, case="motion")]
    assert [(runs.case, [*runs.of("frozen")]) for runs in read_runs(found)] == [("eia", [0]), ("motion", [0])]
    assert read_runs([line("frozen", 0, quick=True)]) == ()


def test_the_interval_by_hand():
    found = interval([1.0, 2.0, 3.0])
    assert found.mean == 2.0
    # t with 2 degrees of freedom at 97.5 %: 4.30265; standard error 1 / sqrt(3)
    assert (found.low, found.high) == pytest.approx((2 - 4.30265 / 3**0.5, 2 + 4.30265 / 3**0.5), abs=1e-4)
    assert interval([2.5]) == Interval(2.5, None, None)
    assert interval([]) is None


@pytest.mark.parametrize(
    ("low", "high", "answer"),
    [
        (0.001, 0.5, "yes"), (0.0, 0.005, "no"), (-1.0, 0.009, "no"), (-1.0, 0.01, "not decided"),
        (-1.0, 1.0, "not decided"), (None, None, "not decided"),
    ],
)  # fmt: skip
def test_above_asks_the_whole_interval(low, high, answer):
    assert Interval(0.0, low, high).above(0.01) == answer


@pytest.mark.parametrize(
    ("losses", "rates", "told"),
    [
        (SAME, SAME, "do not conflict is: free of conflict."),
        (WORSE, SAME, "do not conflict is: not free of conflict."),
        (WIDE, SAME, "do not conflict is: not decided."),
    ],
)
def test_the_verdict_in_words_is_that_of_the_numbers(losses, rates, told):
    text = " ".join(verdict_text(read_runs(lines(losses, rates))).split())
    assert told in text


def test_the_words_name_what_is_worse_and_what_meets_too_often():
    text = " ".join(verdict_text(read_runs(lines(WORSE, HIGHER))).split())
    assert "Free of conflict by both conditions, on `eia`: no arm. Not free: `frozen`." in text
    assert "forecast and reconstruction (by 21 points)" in text
    assert "labels (by 0.100 nats)" in text
    assert "have nothing" not in text
    assert "forecast and labels (median cosines 0.29 to 0.29 by arm)" in text


def test_data_that_disagree_are_told():
    both = [*lines(SAME, SAME), *lines(WORSE, SAME, case="motion")]
    text = " ".join(verdict_text(read_runs(both)).split())
    assert "on `eia` and `motion`: no arm" in text
    assert "is: free of conflict on `eia`, not free of conflict on `motion`." in text
