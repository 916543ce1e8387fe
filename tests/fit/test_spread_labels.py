"""Classes of recordings without a label."""

import hypothesis.strategies as st
import numpy as np
import torch
from hypothesis import given

from divecast.fit.class_ridge import ClassRidge
from divecast.fit.spread_labels import Units, group_free, held_to, spread_labels

_PEOPLE, _CLASSES, _TAKES, _WINDOWS = 6, 3, 2, 4


def _world(person: float, seed: int = 0) -> tuple[torch.Tensor, np.ndarray, np.ndarray, np.ndarray]:
    """Features of windows that hold class, person and noise, with class, recording and person of each window."""
    draw = np.random.default_rng(seed)
    people, classes, _ = (each.ravel() for each in np.indices((_PEOPLE, _CLASSES, _TAKES)))
    of_class, of_person = draw.normal(size=(_CLASSES, 40)), draw.normal(size=(_PEOPLE, 40))
    recording = np.repeat(np.arange(len(classes)), _WINDOWS)
    noise = draw.normal(size=(len(classes), 40))[recording] + 0.3 * draw.normal(size=(len(recording), 40))
    x = of_class[classes][recording] + person * of_person[people][recording] + noise
    return torch.from_numpy((x - x.mean(0)) / x.std(0)).float(), classes[recording], recording, people[recording]


def _labelled(classes: np.ndarray, recording: np.ndarray, share: float, seed: int) -> torch.Tensor:
    chosen = np.random.default_rng(seed).random(recording.max() + 1) < share
    return torch.from_numpy(np.where(chosen[recording], classes, -1))


def _accuracy(ridge: ClassRidge, gram: torch.Tensor, classes: np.ndarray) -> float:
    return float((ridge.scores(gram).argmax(1).numpy() == classes).mean())


def test_recordings_without_a_label_earn_their_place() -> None:
    """Over some draws: more right with them than without, and more when a person may not tell the class."""
    alone, spread, free = [], [], []
    for seed in range(5):
        x, classes, recording, person = _world(2.0, seed)
        gram, labels = x @ x.T / x.shape[1], _labelled(classes, recording, 0.3, seed)
        known = labels >= 0
        one_hot = torch.nn.functional.one_hot(labels[known], _CLASSES).float()
        units = Units.of(labels, recording, person)
        products, back = group_free(gram, person)
        for found, products_, unit in ((spread, gram, units.without_groups()), (free, products, units)):
            start = ClassRidge.chosen(products_[known][:, known], one_hot, recording[known.numpy()])
            if found is spread:
                alone.append(float((start.scores(gram[:, known]).argmax(1).numpy() == classes).mean()))
            ridge = spread_labels(products_, unit, start, _CLASSES)
            found.append(_accuracy(ridge, products_, classes))
        torch.testing.assert_close(products @ ridge.dual, gram @ (back @ ridge.dual), atol=1e-3, rtol=1e-3)
    assert np.mean(alone) < np.mean(spread) < np.mean(free)


@given(st.integers(2, 5), st.integers(1, 3), st.integers(0, 1000))
def test_probabilities_are_held_to_the_shares_in_each_group(n_classes: int, n_groups: int, seed: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    group = torch.arange(60) % n_groups
    believed = torch.softmax(2.0 * torch.randn(60, n_classes, generator=draw), dim=1)
    shares = torch.softmax(0.5 * torch.randn(n_classes, generator=draw), dim=0)
    held = held_to(believed, shares, group)
    torch.testing.assert_close(held.sum(1), torch.ones(60))
    for number in range(n_groups):
        torch.testing.assert_close(held[group == number].mean(0), shares, atol=0.01, rtol=0.0)


def test_what_groups_tell_is_taken_out() -> None:
    x, _, _, person = _world(5.0)
    gram, _ = group_free(x @ x.T / x.shape[1], person)
    means = np.stack([(person == each) / (person == each).sum() for each in np.unique(person)])
    between = [np.trace(means @ each.numpy() @ means.T) for each in (x @ x.T / x.shape[1], gram)]
    assert between[1] < 0.1 * between[0]


def test_labels_by_row_are_units_of_their_own_and_a_missing_one_is_that_of_its_recording() -> None:
    recording = np.array([0, 0, 1, 1])
    whole = Units.of(torch.tensor([2, -1, 0, 0]), recording, None)
    assert whole.label.tolist() == [2, 0]
    assert whole.label[whole.of_window].tolist() == [2, 2, 0, 0]
    assert Units.of(torch.tensor([2, 1, 0, -1]), recording, None).label.tolist() == [2, 1, 0, -1]


def test_groups_are_alike_unless_the_group_tells_the_class() -> None:
    people, tasks = (each.ravel() for each in np.indices((4, 3)))
    recordings = np.arange(12)
    assert Units.of(torch.from_numpy(tasks), recordings, people).groups_alike()
    assert not Units.of(torch.from_numpy(people % 2), recordings, people).groups_alike()
    few = torch.from_numpy(np.where(recordings < 2, tasks, -1))
    assert not Units.of(few, recordings, people).groups_alike()  # too few pairs to tell
    assert not Units.of(torch.from_numpy(tasks), recordings, None).groups_alike()


def test_shares_are_equal_ones_unless_the_counts_say_otherwise() -> None:
    near, far = (
        Units.of(torch.tensor(labels), np.arange(len(labels)), None).shares(3)
        for labels in ([0, 1, 2, 0, 1, 2, 0], [0] * 90 + [1] * 9 + [2])
    )
    torch.testing.assert_close(near, torch.full((3,), 1 / 3))
    torch.testing.assert_close(far, torch.tensor([0.9, 0.09, 0.01]), atol=0.02, rtol=0.0)
