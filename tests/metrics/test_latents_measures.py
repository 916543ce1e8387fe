"""The front door: perfect, empty and leaking codes, intervals, laws and bad input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.errors import DataError
from divecast.metrics import Disentanglement, FactorLabels, MeasureConfig, Units, disentanglement

NAMES = ("hour", "day")
CLASSES = (tuple("abcdef"), tuple("xyz"))
QUICK = MeasureConfig(n_boot=50, n_trees=3, n_folds=3)
ONCE = replace(QUICK, n_boot=0)


def labels_of(n: int, seed: int = 0) -> FactorLabels:
    rng = np.random.default_rng(seed)
    return FactorLabels(NAMES, CLASSES, np.stack([rng.integers(0, len(c), n) for c in CLASSES], axis=1))


def circle(column: np.ndarray, n_classes: int) -> np.ndarray:
    turn = 2 * np.pi * column / n_classes
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def code_of(labels: FactorLabels, noise: float = 0.05) -> Units:
    """A circle for the hour, a line for the day and two dimensions of noise."""
    rng = np.random.default_rng(9)
    n, (hour, day) = len(labels.values), labels.values.T
    a = rng.normal(size=(n, 2))
    b = {"hour": circle(hour, 6), "day": day[:, None]}
    return Units.of_code(a, {name: block + noise * rng.normal(size=block.shape) for name, block in b.items()})


@pytest.fixture(scope="module")
def perfect() -> Disentanglement:
    labels = labels_of(1500)
    return disentanglement(code_of(labels), labels, QUICK)


@pytest.mark.parametrize(
    "name", ["mig", "own_gap", "weighted_modularity", "disentanglement", "completeness", "informativeness", "ownership"]
)
def test_a_perfect_code_measures_one(perfect: Disentanglement, name: str) -> None:
    assert getattr(perfect, name).value == pytest.approx(1.0, abs=0.05)


def test_a_perfect_code_does_not_leak(perfect: Disentanglement) -> None:
    assert perfect.ownership_skill.value == pytest.approx(1.0, abs=0.02)
    assert abs(perfect.leakage_a_skill.value) < 0.15
    assert abs(perfect.leakage_b_skill.value) < 0.15
    assert list(perfect.leakage_b.parts) == ["day from b_hour", "hour from b_day"]
    assert perfect.units == ("a0", "a1", "b_hour", "b_day")
    assert perfect.importance.sum(axis=0) == pytest.approx(1.0)


def test_intervals_hold_their_estimate(perfect: Disentanglement) -> None:
    for name, (value, low, high) in perfect.summary().items():
        assert low <= value + 0.02, name
        assert high >= value - 0.02, name
        assert low <= high, name


def test_table_has_every_part(perfect: Disentanglement) -> None:
    table = perfect.table()
    assert list(table) == ["measure", "part", "value", "low", "high"]
    rows = dict(zip(zip(table["measure"], table["part"], strict=True), table["value"], strict=True))
    assert rows["mig", "all"] == perfect.mig.value
    assert rows["mig", "all"] == pytest.approx((rows["mig", "hour"] + rows["mig", "day"]) / 2)
    assert rows["ownership", "hour"] == perfect.ownership.parts["hour"].value
    assert {part for measure, part in rows if measure == "disentanglement"} == {"all", *perfect.units}


def test_an_independent_code_measures_nothing() -> None:
    labels, rng = labels_of(1500), np.random.default_rng(1)
    units = Units.of_code(rng.normal(size=(1500, 2)), {name: rng.normal(size=(1500, 2)) for name in NAMES})
    found = disentanglement(units, labels, QUICK)
    assert found.mig.value < 0.03
    assert found.sap.value < 0.04
    assert abs(found.own_gap.value) < 0.03
    for probe in (found.ownership_skill, found.leakage_a_skill, found.leakage_b_skill):
        assert abs(probe.value) < 0.12
    for name in NAMES:
        assert found.ownership.parts[name].value == pytest.approx(found.chance[name], abs=0.06)


def test_leaks_show_where_they_are() -> None:
    labels = labels_of(1500)
    a = np.hstack([circle(labels.values[:, 0], 6), np.random.default_rng(2).normal(size=(1500, 1))])
    units = code_of(labels)
    leaking = Units.of_code(a, {"hour": units.values[2], "day": np.hstack([units.values[3], units.values[2]])})
    found = disentanglement(leaking, labels, ONCE)
    assert found.leakage_a_skill.parts["hour"].value > 0.95
    assert abs(found.leakage_a_skill.parts["day"].value) < 0.15
    assert found.leakage_b_skill.parts["hour from b_day"].value > 0.95
    assert abs(found.leakage_b_skill.parts["day from b_hour"].value) < 0.15
    assert found.own_gap.parts["hour"].value < 0.1


def test_chance_and_skill_with_unequal_classes() -> None:
    rng = np.random.default_rng(3)
    rare = (rng.random(1000) < 0.2).astype(np.int64)
    labels = FactorLabels(("rare",), (("no", "yes"),), rare[:, None])
    units = Units.of_code(rng.normal(size=(1000, 1)), {"rare": np.full((1000, 1), 3.0)})
    found = disentanglement(units, labels, QUICK)
    assert found.chance["rare"] == pytest.approx((rare == 0).mean())
    assert found.ownership.value == found.chance["rare"]  # a constant unit leaves the guess
    assert found.ownership_skill.value == 0.0
    assert np.isnan(found.modularity.value)
    assert np.isnan(found.disentanglement.value)


def test_what_marks_a_recording_is_no_knowledge_of_its_class() -> None:
    # Each recording has its own place in the code, which random rows held out would find again.
    rng = np.random.default_rng(4)
    recording = np.repeat(np.arange(40), 30)
    labels = FactorLabels(("move",), (("walk", "run"),), (recording % 2)[:, None])
    places = rng.normal(size=(40, 3))[recording] + 0.01 * rng.normal(size=(1200, 3))
    kept = disentanglement(Units.of_code(places, {}), labels, ONCE, recording)
    assert kept.leakage_a_skill.value < 0.4
    strewn = disentanglement(Units.of_code(places, {}), labels, ONCE, np.arange(1200))
    assert strewn.leakage_a_skill.value > 0.95


def test_blocks_widen_the_intervals_of_dependent_windows() -> None:
    rng = np.random.default_rng(5)
    label = np.repeat(rng.integers(0, 2, 60), 20)
    labels = FactorLabels(("f",), (("u", "v"),), label[:, None])
    units = Units.of_code(label[:, None] + np.repeat(rng.normal(size=(60, 1)), 20, axis=0), {})
    wide = disentanglement(units, labels, QUICK, np.arange(1200) // 20).informativeness.overall
    narrow = disentanglement(units, labels, replace(QUICK, n_blocks=1200)).informativeness.overall
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_the_same_seed_gives_the_same_figures() -> None:
    labels = labels_of(400)
    config = replace(QUICK, max_windows=200, n_boot=10)
    first, again = (disentanglement(code_of(labels), labels, config) for _ in range(2))
    other = disentanglement(code_of(labels), labels, replace(config, seed=1))
    assert first.n_windows == 200
    assert first.summary() == again.summary()
    assert first.mig.overall != other.mig.overall


@pytest.mark.slow
@settings(max_examples=2)
@given(st.integers(0, 1000), st.floats(0.01, 100.0), st.floats(-100.0, 100.0))
def test_order_size_and_names_do_not_matter(seed: int, scale: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    labels = labels_of(400, seed)
    units = code_of(labels, noise=0.3)
    order = rng.permutation(4)
    moved = Units(
        tuple(units.names[u] for u in order),
        tuple(scale * units.values[u] + shift for u in order),
        tuple(units.owners[u] for u in order),
    )
    swaps = [rng.permutation(len(classes)) for classes in CLASSES]
    renamed = np.stack([swap[column] for swap, column in zip(swaps, labels.values.T, strict=True)], axis=1)
    before = disentanglement(units, labels, ONCE).summary()
    after = disentanglement(moved, replace(labels, values=renamed), ONCE).summary()
    exact = ("mig", "own_gap", "weighted_modularity")  # modularity of noise turns on its last digit
    assert {name: after[name].value for name in exact} == pytest.approx(
        {name: before[name].value for name in exact}, abs=0.01
    )
    forests = ("sap", "disentanglement", "completeness", "informativeness", "ownership", "leakage_a", "leakage_b")
    for name in forests:
        assert after[name].value == pytest.approx(before[name].value, abs=0.1), name


def test_missing_labels_are_left_out_by_factor() -> None:
    labels = labels_of(1200)
    values = labels.values.copy()
    values[:600, 0] = -1
    values[:100] = -1
    found = disentanglement(code_of(labels), replace(labels, values=values), ONCE)
    assert found.n_windows == 1100
    assert found.mig.value == pytest.approx(1.0, abs=0.06)
    assert found.ownership_skill.value == pytest.approx(1.0, abs=0.05)


def test_a_code_of_blocks_only_and_one_without_blocks() -> None:
    labels = labels_of(600)
    units = code_of(labels)
    blocks = disentanglement(
        Units.of_code(np.empty((600, 0)), dict(zip(NAMES, units.values[2:], strict=True))), labels, ONCE
    )
    assert blocks.mig.value == pytest.approx(1.0, abs=0.06)
    assert np.isnan(blocks.leakage_a.value)
    plain = disentanglement(Units.of_code(np.hstack(units.values), {}), labels, ONCE)
    assert np.isnan(plain.ownership.value)
    assert np.isnan(plain.own_gap.value)
    assert plain.leakage_a_skill.value > 0.95
    binned = disentanglement(Units.of_code(np.hstack(units.values), {}), labels, replace(ONCE, estimator="bins"))
    assert binned.mig.parts["day"].value == pytest.approx(1.0, abs=0.1)


def test_a_factor_with_one_class_is_refused_by_name() -> None:
    values = labels_of(100).values.copy()
    values[:, 1] = 2
    with pytest.raises(DataError, match=r"Factor 'day' needs two classes or more .* got 'z'"):
        FactorLabels(NAMES, CLASSES, values)
    values[:, 1] = -1
    with pytest.raises(DataError, match=r"Factor 'day' .* got none"):
        FactorLabels(NAMES, CLASSES, values)


def test_bad_input_is_refused() -> None:
    labels, rng = labels_of(100), np.random.default_rng(0)
    a = rng.normal(size=(100, 2))
    with pytest.raises(DataError, match="labels of 90 windows, as the units have, got 100"):
        disentanglement(Units.of_code(a[:90], {}), labels)
    with pytest.raises(DataError, match=r"owned by \['month'\]"):
        disentanglement(Units.of_code(a, {"month": a}), labels)
    with pytest.raises(DataError, match="at least 20 labelled windows, got 19"):
        disentanglement(Units.of_code(a[:19], {}), labels.take(np.arange(19)))
    with pytest.raises(DataError, match="with a gap of 99 windows"):
        disentanglement(Units.of_code(a, {}), labels, replace(ONCE, gap=99))
    with pytest.raises(DataError, match="Unit 'a1' has NaN"):
        Units.of_code(np.where([False, True], np.nan, a), {})
    with pytest.raises(DataError, match=r"Unit 'b_hour': expected an array of shape \(100, dim\), got \(99, 2\)"):
        Units.of_code(a, {"hour": a[:99]})
    with pytest.raises(DataError, match="between -1 and 5, got 0 to 6"):
        FactorLabels(("hour",), CLASSES[:1], np.arange(14)[:, None] % 7)
    with pytest.raises(DataError, match="whole numbers"):
        FactorLabels(NAMES, CLASSES, labels.values * 1.0)
