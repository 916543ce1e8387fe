"""The mixture prior against densities written out and the integral; the joint prior of a pair."""

import math

import pytest
import torch

from divecast.config import CodeConfig
from divecast.errors import ConfigError
from divecast.model.pairing import Coupling
from divecast.model.prior import MarginalPrior, RBFMixture
from laws import COMPONENTS, EXACT, double_mixture, prior_of

FREQUENCIES = (0.5, 0.3, 0.15, 0.05)


def densities(mixture: RBFMixture, b: torch.Tensor) -> torch.Tensor:
    """f_k(b), (point, class), written out."""
    width = mixture.log_width.exp()[:, None]
    z = (b[:, None, :] - mixture.centres()) / width
    shape = {
        "normal": torch.exp(-0.5 * z**2) / math.sqrt(2 * math.pi),
        "laplace": 0.5 * torch.exp(-z.abs()),
        "logistic": 0.25 / torch.cosh(0.5 * z) ** 2,
    }
    return (shape[mixture.density] / width).prod(-1)


def points(mixture: RBFMixture) -> torch.Tensor:
    return 3.0 * torch.randn(50, mixture.dims, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("kind", ["plain", "ordered", "cyclic"])
def test_log_joint_adds_up_to_the_density_of_the_mixture(kind: str, component: str) -> None:
    mixture = double_mixture(kind, FREQUENCIES, component=component)
    b = points(mixture)
    expected = (torch.tensor(FREQUENCIES, dtype=torch.float64) * densities(mixture, b)).sum(1).log()
    torch.testing.assert_close(mixture.log_joint(b).logsumexp(1), expected, atol=EXACT, rtol=0)


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_density_integrates_to_one(component: str) -> None:
    mixture = double_mixture("ordered", FREQUENCIES, component=component)
    line = torch.linspace(-40, 40, 80_001, dtype=torch.float64)
    assert abs(torch.trapezoid(mixture.log_joint(line[:, None]).logsumexp(1).exp(), line) - 1) < EXACT


@pytest.mark.parametrize("component", COMPONENTS)
@pytest.mark.parametrize("kind", ["plain", "ordered", "cyclic"])
def test_class_posterior_is_bayes_rule(kind: str, component: str) -> None:
    mixture = double_mixture(kind, FREQUENCIES, component=component)
    b = points(mixture)
    likelihood = torch.stack(
        [mixture.component(torch.full((50,), k)).log_prob(b).sum(1).exp() for k in range(4)], dim=1
    )
    torch.testing.assert_close(likelihood, densities(mixture, b))
    joint = likelihood * torch.tensor(FREQUENCIES, dtype=torch.float64)
    expected = joint / joint.sum(1, keepdim=True)
    torch.testing.assert_close(prior_of(mixture).class_probabilities(b)[0], expected, atol=EXACT, rtol=0)


def test_a_component_sits_at_its_centre() -> None:
    mixture, labels = double_mixture("cyclic", FREQUENCIES), torch.tensor([2, 0, 2])
    f = mixture.component(labels)
    torch.testing.assert_close(f.loc, mixture.centres()[labels])
    torch.testing.assert_close(f.scale[:, 0], mixture.log_width.exp()[labels])


def test_rarer_classes_need_more_evidence() -> None:
    """Between two centres of one width, the posterior odds are those of the frequencies."""
    mixture = double_mixture("plain", (0.8, 0.2), block="line")
    mixture.log_width.fill_(0.0)
    middle = mixture.centres().mean(0, keepdim=True)
    odds = mixture.log_joint(middle).softmax(1)
    torch.testing.assert_close(odds, torch.tensor([[0.8, 0.2]], dtype=torch.float64))


def test_blocks_cut_b_between_factors() -> None:
    prior = MarginalPrior(("cyclic", "ordered", "plain"), ((0.2,) * 5, (0.5, 0.5), (0.4, 0.3, 0.3)), CodeConfig())
    b = torch.randn(3, prior.dims)
    blocks = prior.blocks(b)
    assert [block.shape[1] for block in blocks] == [m.dims for m in prior.mixtures()]
    assert [hasattr(m.centres, "log_radius") for m in prior.mixtures()] == [True, False, False]  # hours lie on circles
    assert torch.equal(torch.cat(blocks, dim=1), b)
    shares = prior.class_probabilities(b)
    assert [share.shape for share in shares] == [(3, 5), (3, 2), (3, 3)]
    for share in shares:
        torch.testing.assert_close(share.sum(1), torch.ones(3))


def test_without_factors_there_is_no_marginal_code() -> None:
    prior = MarginalPrior((), (), CodeConfig())
    assert prior.dims == 0
    assert prior.class_probabilities(torch.empty(4, 0)) == ()


TOGETHER = ((0.4, 0.05, 0.05), (0.02, 0.18, 0.3))  # pi_kl of two factors
APART = tuple(tuple(row * column for column in (0.42, 0.23, 0.35)) for row in (0.5, 0.5))


def pair(frequencies: tuple[tuple[float, ...], ...]) -> MarginalPrior:
    """Factors 0 and 2 in a pair, factor 1 alone."""
    return prior_of(
        double_mixture("plain", (0.5, 0.5)),
        double_mixture("cyclic", FREQUENCIES),
        double_mixture("ordered", (0.42, 0.23, 0.35)),
        couplings=(Coupling(0, 2, frequencies),),
    )


def some(prior: MarginalPrior, n: int = 40) -> torch.Tensor:
    dims = sum(prior.block_sizes)
    return torch.randn(n, dims, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def labels_of_all_kinds(n: int = 40) -> torch.Tensor:
    draw = torch.Generator().manual_seed(4)
    return torch.stack([torch.randint(-1, classes, (n,), generator=draw) for classes in (2, 4, 3)], dim=1)


def test_class_posteriors_of_a_pair_are_the_sums_of_the_joint_one() -> None:
    prior = pair(TOGETHER)
    b, labels = some(prior), labels_of_all_kinds()
    blocks, mixtures = prior.blocks(b), prior.mixtures()
    found = prior.class_probabilities(b, labels)
    first, second = densities(mixtures[0], blocks[0]), densities(mixtures[2], blocks[2])
    joint = torch.tensor(TOGETHER, dtype=torch.float64) * first[:, :, None] * second[:, None, :]
    for i, (k, _, other) in enumerate(labels.tolist()):
        table = joint[i].clone()
        if k >= 0:
            table[[row for row in range(2) if row != k]] = 0.0  # a given label leaves only what agrees with it
        if other >= 0:
            table[:, [column for column in range(3) if column != other]] = 0.0
        table = table / table.sum()
        torch.testing.assert_close(found[0][i], table.sum(1), atol=EXACT, rtol=0)
        torch.testing.assert_close(found[2][i], table.sum(0), atol=EXACT, rtol=0)


def test_a_given_label_speaks_for_its_partner_alone() -> None:
    prior = pair(TOGETHER)
    b = some(prior)
    unknown = torch.full((len(b), 3), -1)
    given = unknown.clone()
    given[:, 0] = 1
    before, after = prior.class_probabilities(b), prior.class_probabilities(b, given)
    assert torch.equal(after[0], torch.tensor([[0.0, 1.0]], dtype=torch.float64).expand(len(b), -1))
    assert torch.equal(after[1], before[1])
    assert (after[2] - before[2]).abs().max() > 0.1
    for one, two in zip(before, prior.class_probabilities(b, unknown), strict=True):
        assert torch.equal(one, two)


def test_a_pair_of_independent_labels_is_naive_bayes() -> None:
    together, alone = pair(APART), prior_of(*pair(APART).mixtures())
    b, labels = some(together), labels_of_all_kinds()
    for one, two in zip(together.class_probabilities(b, labels), alone.class_probabilities(b, labels), strict=True):
        torch.testing.assert_close(one, two, atol=1e-12, rtol=0)


def test_naive_bayes_leaves_couplings_out() -> None:
    factors = (("plain", "ordered"), ((0.5, 0.5), (0.42, 0.23, 0.35)))
    couplings = (Coupling(0, 1, TOGETHER),)
    assert not MarginalPrior(*factors, CodeConfig(), couplings).pairs()
    joint = MarginalPrior(*factors, CodeConfig(prior="pairs"), couplings)
    expected = torch.tensor(TOGETHER).log()
    torch.testing.assert_close(joint.pairs()[0].log_pi, expected)
    assert [name for name in joint.state_dict() if name.startswith("tables")] == ["tables.0.log_pi"]


@pytest.mark.parametrize(
    ("couplings", "message"),
    [
        ((Coupling(0, 3, TOGETHER),), "pairs .* of 3 factors"),
        ((Coupling(2, 0, TOGETHER),), "first < second"),
        ((Coupling(0, 2, TOGETHER), Coupling(1, 2, TOGETHER)), "one at most"),
        ((Coupling(0, 1, TOGETHER),), "2 rows and 4 columns"),
        ((Coupling(0, 2, ((0.5, 0.0, 0.0), (0.0, 0.2, 0.3))),), "must be positive"),
        ((Coupling(0, 2, tuple(row[::-1] for row in TOGETHER)),), "add up to the label frequencies"),
    ],
)
def test_couplings_that_do_not_fit_are_refused(couplings: tuple[Coupling, ...], message: str) -> None:
    kinds, frequencies = ("plain", "cyclic", "ordered"), ((0.5, 0.5), FREQUENCIES, (0.42, 0.23, 0.35))
    with pytest.raises(ConfigError, match=message):
        MarginalPrior(kinds, frequencies, CodeConfig(prior="pairs"), couplings)


def test_class_probabilities_without_labels_are_the_softmax_of_the_joint() -> None:
    prior = MarginalPrior(("plain", "cyclic"), ((0.5, 0.3, 0.2), (0.25,) * 4), CodeConfig())
    b = torch.randn(6, sum(prior.block_sizes), generator=torch.Generator().manual_seed(0))
    unknown = torch.full((6, 2), -1)
    joints = [mixture.log_joint(block) for mixture, block in zip(prior.mixtures(), prior.blocks(b), strict=True)]
    logs, shares = prior.log_class_probabilities(b), prior.class_probabilities(b, unknown)
    for joint, log, share in zip(joints, logs, shares, strict=True):
        torch.testing.assert_close(log, joint.log_softmax(1))
        torch.testing.assert_close(log.exp(), share)


def test_a_given_class_is_certain_also_where_no_window_has_the_last() -> None:
    prior = MarginalPrior(("plain",), ((0.5, 0.3, 0.2),), CodeConfig())
    b = torch.zeros(2, sum(prior.block_sizes))
    (share,) = prior.class_probabilities(b, torch.tensor([[0], [1]]))
    assert share.tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
