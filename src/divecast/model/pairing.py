"""Pairs of factors whose labels are associated, and the frequencies of their joint classes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from divecast.errors import ConfigError

_LEAST = 0.05  # minimum mutual information of the labels, as a share of the smaller entropy


@dataclass(frozen=True, slots=True)
class Coupling:
    """Two factors whose labels are associated.

    Attributes:
        first: number of the first factor.
        second: number of the second factor, greater than ``first``.
        frequencies: pi_kl, joint label frequencies, all positive; one row per class of the first factor.
    """

    first: int
    second: int
    frequencies: tuple[tuple[float, ...], ...]


def find_couplings(labels: Tensor, frequencies: Sequence[Sequence[float]]) -> tuple[Coupling, ...]:
    """Pair the factors whose labels are most strongly associated (our choice); each factor is in one pair at most.

    The strength of a pair is the mutual information of its labels, minus what independent labels show by chance, as a
    share of the smaller entropy (1: one label determines the other). Pairs are chosen by decreasing strength, as long
    as it is at least 0.05.

    Chance is the mean plus three standard deviations of the information of independent labels, whose 2 n I is
    chi-squared with (K - 1)(L - 1) degrees of freedom. Since labels persist, n is the number of *spells*, runs of rows
    with the same joint class: the twelve months of one year are no evidence that they determine the season.

    Args:
        labels: (row, factor) class indices of the training rows in time order, -1 where missing.
        frequencies: label frequencies of each factor, the marginals of the joint frequencies.
    """
    strength = {
        (i, j): _strength(*_joint_shares(labels, (i, j), frequencies))
        for i, j in combinations(range(len(frequencies)), 2)
    }
    taken: set[int] = set()
    couplings = []
    for pair in sorted(strength, key=lambda pair: -strength[pair]):
        if strength[pair] >= _LEAST and taken.isdisjoint(pair):
            taken.update(pair)
            couplings.append(_coupling(labels, pair, frequencies))
    return tuple(sorted(couplings, key=lambda coupling: coupling.first))


def check_couplings(couplings: Sequence[Coupling], frequencies: Sequence[Sequence[float]]) -> None:
    """Check that couplings fit the factors.

    Raises:
        ConfigError: a factor is unknown or in two pairs, or joint frequencies do not add up to those of the factors.
    """
    pairs = [(coupling.first, coupling.second) for coupling in couplings]
    used = [index for pair in pairs for index in pair]
    if len(set(used)) < len(used) or not all(0 <= i < j < len(frequencies) for i, j in pairs):
        rule = f"pairs (first, second) of {len(frequencies)} factors, first < second, each factor in one at most"
        raise ConfigError(expected=rule, found=str(pairs), argument="couplings")
    for coupling in couplings:
        joint, *expected = (
            torch.tensor(shares, dtype=torch.float64, device="cpu")  # also if the network is built on the meta device
            for shares in (coupling.frequencies, frequencies[coupling.first], frequencies[coupling.second])
        )
        if not _adds_up(joint, *expected):
            shape = f"{len(expected[0])} rows and {len(expected[1])} columns"
            raise ConfigError(
                f"Joint frequencies of factors {coupling.first} and {coupling.second} must be positive, in "
                f"{shape} that add up to the label frequencies of the two",
                hint="Compute them with find_couplings from the same labels",
                argument="couplings",
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
    """Smooth the joint frequencies towards independence by one spell, then adjust them to the label frequencies.

    No cell is left at 0. If labels are missing, the rows in which both are known have other label frequencies. As in
    Altschuler et al. (2017, algorithm 2), rows and columns that exceed them are scaled down, and the difference is
    distributed over the others independently; if no labels are missing, nothing changes.
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
