"""Terms of labels that are a latent class (M2) or plain covariates."""

import math

import torch

from divecast.losses.label_terms import label_terms
from divecast.model.marginal import GivenLabels, LatentLabels
from divecast.types import ClassPosterior
from worlds import SMALL, turning

FREQUENCIES = ((0.5, 0.3, 0.2), (0.25, 0.75))
LABELS = torch.tensor([[0, 1], [2, -1], [-1, 0], [-1, -1]])


def latent() -> LatentLabels:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return LatentLabels((8, 2), FREQUENCIES, SMALL.encoder)


def posterior() -> tuple[list[torch.Tensor], ClassPosterior]:
    draw = torch.Generator().manual_seed(1)
    qs = [torch.randn(4, k, generator=draw).softmax(1) for k in (3, 2)]
    return qs, ClassPosterior(torch.cat([q.log() for q in qs], dim=1))


def test_terms_of_m2_are_those_of_the_paper_window_by_window() -> None:
    """Kingma et al. 2014: -log pi_k and -log q(k|x) with a label, KL(q(c|x) || pi) and nothing without."""
    qs, found = posterior()
    kl, entropy = label_terms(latent(), found, found.mean, LABELS)
    for window in range(4):
        for factor, pi in enumerate(FREQUENCIES):
            k, q = int(LABELS[window, factor]), qs[factor][window].tolist()
            free = sum(share * math.log(share / p) for share, p in zip(q, pi, strict=True))
            assert math.isclose(kl[window, factor], -math.log(pi[k]) if k >= 0 else free, rel_tol=1e-5)
            assert math.isclose(entropy[window, factor], -math.log(q[k]) if k >= 0 else 0.0, rel_tol=1e-5)


def test_draws_are_one_hot_and_as_frequent_as_their_probabilities() -> None:
    _, found = posterior()
    many = ClassPosterior(found.log_probability[:1].expand(20_000, -1))
    path = latent()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        draws = path.draw(many, sample=True)
    for block in path.blocks(draws):
        torch.testing.assert_close(block.sum(1), torch.ones(20_000))
        assert ((block - block.round()).abs() < 1e-6).all()
    torch.testing.assert_close(draws.mean(0), found.mean[0], atol=0.02, rtol=0)


def test_gradients_run_through_the_draw_to_the_classifier() -> None:
    path = latent()
    draw = path.draw(path.infer(turning(6).x), sample=True)
    (draw * torch.arange(5.0)).sum().backward()
    assert path.encoder.head.weight.grad.abs().sum() > 0


def test_labels_that_are_known_are_put_in_and_others_stay_as_drawn() -> None:
    for path in (latent(), GivenLabels(FREQUENCIES)):
        before = path.draw(path.infer(turning(4).x), sample=False)
        after, classes = path.clamp(before, LABELS, noise=False)
        assert torch.equal(after, torch.cat(classes, dim=1))
        for i, (old, new) in enumerate(zip(path.blocks(before), path.blocks(after), strict=True)):
            known = LABELS[:, i] >= 0
            assert torch.equal(new[known], torch.eye(new.shape[1])[LABELS[known, i]])
            assert torch.equal(new[~known], old[~known])


def test_given_labels_infer_nothing_and_cost_nothing() -> None:
    path = GivenLabels(FREQUENCIES)
    found = path.infer(turning(4).x)
    torch.testing.assert_close(found.mean, torch.tensor(sum(FREQUENCIES, ())).expand(4, -1))
    kl, entropy = label_terms(path, found, found.mean, LABELS)
    assert kl.shape == entropy.shape == (4, 0)
