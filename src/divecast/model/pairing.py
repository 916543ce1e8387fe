"""Which factors' labels go together, and how often each of their joint classes occurs."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from divecast.errors import ConfigError

_LEAST = 0.05  # share of the smaller entropy the labels must tell of one another


@dataclass(frozen=True, slots=True)
class Coupling:
    """Two factors whose labels go together.

    Attributes:
        first: index of the one factor.
        second: index of the other, greater.
        frequencies: pi_kl, joint label frequencies, all positive; a row for each class of the first factor.
    """

    first: int
    second: int
    frequencies: tuple[tuple[float, ...], ...]


def find_couplings(labels: Tensor, frequencies: Sequence[Sequence[float]]) -> tuple[Coupling, ...]:
    """Pair the factors whose labels tell most of one another (our choice); each factor is in one pair at most.

    What a pair tells is the mutual information of its labels, less what independent labels would show by chance, as a
    share of the smaller entropy (1: the one label follows from the other). Pairs are taken from the strongest down,
    as long as that share is 0.05 or more.

    Chance is the mean and three standard deviations of the information of independent labels, whose 2 n I is
    chi-squared with (K - 1)(L - 1) degrees of freedom. Since labels last, n counts *spells*, rows in a row with one and
    the same joint class, not rows: the twelve months of one year cannot show that the season follows from them.

    Args:
        labels: (row, factor) class indices of the training rows in order of time, -1 where missing.
        frequencies: label frequencies of each factor, which the joint ones add up to.
    """
    strength = {
        (i, j): _strength(*_joint_shares(labels, (i, j), frequencies))
        for i, j in combinations(range(len(frequencies)), 2)
    }
    taken: set[int] = set()
    found = []
    for pair in sorted(strength, key=lambda pair: -strength[pair]):
        if strength[pair] >= _LEAST and taken.isdisjoint(pair):
            taken.update(pair)
            found.append(_coupling(labels, pair, frequencies))
    return tuple(sorted(found, key=lambda coupling: coupling.first))


def check_couplings(couplings: Sequence[Coupling], frequencies: Sequence[Sequence[float]]) -> None:
    """Check that couplings fit the factors.

    Raises:
        ConfigError: a factor that is not there or in two pairs, or joint frequencies that do not add up to its own.
    """
    pairs = [(coupling.first, coupling.second) for coupling in couplings]
    used = [index for pair in pairs for index in pair]
    if len(set(used)) < len(used) or not all(0 <= i < j < len(frequencies) for i, j in pairs):
        raise ConfigError(
            f"couplings must be pairs (first, second) of {len(frequencies)} factors with first < second and each "
            f"factor in one at most, got {pairs}"
        )
    for coupling in couplings:
        joint, *expected = (
            torch.tensor(shares, dtype=torch.float64, device="cpu")  # also where a network is built on meta
            for shares in (coupling.frequencies, frequencies[coupling.first], frequencies[coupling.second])
        )
        if not _adds_up(joint, *expected):
            raise ConfigError(
                f"joint frequencies of factors {coupling.first} and {coupling.second} must be positive, in "
                f"{len(expected[0])} rows and {len(expected[1])} columns that add up to the label frequencies of the "
                "two; these do not: make them with find_couplings from the same labels"
            )


def _adds_up(joint: Tensor, rows: Tensor, columns: Tensor) -> bool:
    if joint.shape != (len(rows), len(columns)) or not bool((joint > 0).all()):
        return False
    return torch.allclose(joint.sum(1), rows, atol=1e-5) and torch.allclose(joint.sum(0), columns, atol=1e-5)


def _joint_shares(labels: Tensor, pair: tuple[int, int], frequencies: Sequence[Sequence[float]]) -> tuple[Tensor, int]:
    """Return the shares of the joint classes where both labels are known, (class, class), and the number of spells."""
    first, second = labels[:, pair[0]].long(), labels[:, pair[1]].long()
    shape = (len(frequencies[pair[0]]), len(frequencies[pair[1]]))
    joint = (first * shape[1] + second)[(first >= 0) & (second >= 0)]
    counts = torch.bincount(joint, minlength=shape[0] * shape[1]).to(torch.float64).reshape(shape)
    spells = int((joint[1:] != joint[:-1]).sum()) + 1 if len(joint) else 0
    return counts / max(len(joint), 1), spells


def _strength(shares: Tensor, spells: int) -> float:
    rows, columns = shares.sum(1), shares.sum(0)
    information = float(torch.special.entr(rows).sum() + torch.special.entr(columns).sum())
    information -= float(torch.special.entr(shares).sum())
    n_rows, n_columns = int((rows > 0).sum()), int((columns > 0).sum())
    if min(n_rows, n_columns) < 2:
        return 0.0
    freedom = (n_rows - 1) * (n_columns - 1)
    chance = (freedom + 3.0 * math.sqrt(2.0 * freedom)) / (2.0 * spells)
    return (information - chance) / float(min(torch.special.entr(rows).sum(), torch.special.entr(columns).sum()))


def _coupling(labels: Tensor, pair: tuple[int, int], frequencies: Sequence[Sequence[float]]) -> Coupling:
    """Smooth the joint shares towards independence by one spell, then make them add up to the label frequencies.

    No cell is left at zero. Where labels are missing, the rows in which both are known have label frequencies of their
    own. As in Altschuler et al. (2017, algorithm 2), rows and columns that hold too much are scaled down, and what is
    then lacking is spread over the others independently; where nothing is missing nothing changes.
    """
    shares, spells = _joint_shares(labels, pair, frequencies)
    rows, columns = (torch.tensor(frequencies[i], dtype=torch.float64) for i in pair)
    rows, columns = rows / rows.sum(), columns / columns.sum()
    joint = (spells * shares + rows[:, None] * columns) / (spells + 1)
    joint = joint * (rows / joint.sum(1)).clamp(max=1.0)[:, None]
    joint = joint * (columns / joint.sum(0)).clamp(max=1.0)
    lack, missing = (rows - joint.sum(1)).clamp(min=0.0), (columns - joint.sum(0)).clamp(min=0.0)
    joint = joint + lack[:, None] * missing / missing.sum().clamp(min=torch.finfo(torch.float64).tiny)
    return Coupling(*pair, tuple(tuple(row) for row in joint.tolist()))
