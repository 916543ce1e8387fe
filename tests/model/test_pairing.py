"""Which labels are found to go together, and joint frequencies that fit the labels of each."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from divecast.config import CodeConfig
from divecast.model.pairing import Coupling, find_couplings
from divecast.model.prior import MarginalPrior


def frequencies_of(labels: Tensor) -> tuple[tuple[float, ...], ...]:
    """Shares of the classes among the known labels of each factor."""
    counts = [torch.bincount(column[column >= 0]).double() for column in labels.T]
    return tuple(tuple((count / count.sum()).tolist()) for count in counts)


def calendar(days: int, first_day: int = 0) -> Tensor:
    """Hour, weekday and month, hourly rows."""
    hour = torch.arange(24 * days)
    day = hour // 24 + first_day
    month = torch.bucketize(day % 365, torch.tensor([31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]), right=True)
    kept = month.unique()
    return torch.stack([hour % 24, day % 7, torch.searchsorted(kept, month)], dim=1)


def table(coupling: Coupling) -> Tensor:
    return torch.tensor(coupling.frequencies, dtype=torch.float64)


@settings(max_examples=25)
@given(st.integers(45, 1200), st.integers(0, 364))
def test_calendar_labels_do_not_pair(days: int, first_day: int) -> None:
    labels = calendar(days, first_day)
    assert find_couplings(labels, frequencies_of(labels)) == ()


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(2, 14), st.integers(2, 14), st.integers(1, 200))
def test_independent_labels_that_last_do_not_pair(seed: int, n_first: int, n_second: int, spell: int) -> None:
    draw = torch.Generator().manual_seed(seed)
    first, second = (
        torch.cat([torch.arange(n), torch.randint(n, (200,), generator=draw)]).repeat_interleave(length)
        for n, length in ((n_first, spell), (n_second, spell + 1))
    )
    labels = torch.stack([first[: 200 * spell], second[: 200 * spell]], dim=1)
    assert find_couplings(labels, ((1.0 / n_first,) * n_first, (1.0 / n_second,) * n_second)) == ()


def test_labels_that_follow_one_another_pair_strongest_first() -> None:
    """Weekend follows from weekday, season from month; a noisy copy of the month, entered more often, comes first."""
    base = calendar(800)
    month, weekday = base[:, 2], base[:, 1]
    noisy = torch.where(torch.rand(len(base), generator=torch.Generator().manual_seed(0)) < 0.5, month, 0)
    labels = torch.stack([month, weekday, noisy, month // 3, (weekday >= 5).long()], dim=1)
    found = find_couplings(labels, frequencies_of(labels))
    assert [(c.first, c.second) for c in found] == [(0, 2), (1, 4)]  # season and noisy would pair, but noisy is taken
    labels = labels[:, [0, 1, 3, 4]]
    assert [(c.first, c.second) for c in find_couplings(labels, frequencies_of(labels))] == [(0, 2), (1, 3)]


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.0, 0.8))
def test_joint_frequencies_are_positive_and_add_up(seed: int, missing: float) -> None:
    """With labels missing in either factor alone, and most joint classes never seen."""
    draw = torch.Generator().manual_seed(seed)
    first = torch.cat([torch.arange(5), torch.randint(5, (595,), generator=draw)])
    labels = torch.stack([first, (first + 1) % 5], dim=1)
    labels[5:][torch.rand(595, 2, generator=draw) < missing] = -1
    frequencies = frequencies_of(labels)
    (found,) = find_couplings(labels, frequencies)
    joint = table(found)
    assert (joint > 0).all()
    for axis, expected in ((1, frequencies[0]), (0, frequencies[1])):
        wanted = torch.tensor(expected, dtype=torch.float64)
        torch.testing.assert_close(joint.sum(axis), wanted, rtol=1e-12, atol=0)
    MarginalPrior(("plain", "plain"), frequencies, CodeConfig(prior="pairs"), (found,))


def test_joint_frequencies_are_the_counts_and_one_spell_of_independence() -> None:
    """Eight spells: 8/9 of the shares seen, 1/9 of what independent labels would have."""
    joint = [(0, 0), (1, 1)] * 4
    labels = torch.tensor(joint).repeat_interleave(30, dim=0)
    (found,) = find_couplings(labels, ((0.5, 0.5), (0.5, 0.5)))
    expected = torch.tensor([[0.5, 0.0], [0.0, 0.5]], dtype=torch.float64) * 8 / 9 + 0.25 / 9
    torch.testing.assert_close(table(found), expected)


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_too_few_labels_known_together_make_no_pair(rows: int) -> None:
    labels = torch.full((400, 2), -1)
    labels[:200, 0], labels[200:, 1] = torch.arange(200) % 3, torch.arange(200) % 3
    labels[:rows] = torch.tensor([1, 1])
    assert find_couplings(labels, ((1 / 3,) * 3, (1 / 3,) * 3)) == ()
    assert find_couplings(labels[:, :1], ((1 / 3,) * 3,)) == ()
