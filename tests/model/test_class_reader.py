"""q(c|x) of recordings: a mixture of the closed form and the trained encoder."""

import torch

from divecast.model.class_reader import ClassReader

LEARNED = (torch.randn(5, 3, generator=torch.Generator().manual_seed(0)).log_softmax(1),)
X = torch.randn(5, 12, 2, generator=torch.Generator().manual_seed(1))


def reader(share: float) -> ClassReader:
    made = ClassReader(12, 2, (3,))
    torch.manual_seed(2)
    made.draw(X)
    made.weight.normal_()
    made.sharpness.fill_(2.0)
    made.encoder_share.fill_(share)
    return made


def test_the_encoder_alone_counts_until_the_rest_is_solved() -> None:
    unsolved = ClassReader(12, 2, (3,))
    assert not unsolved.solved()
    torch.testing.assert_close(unsolved.log_classes(X, LEARNED), LEARNED)


def test_probabilities_are_the_mixture_of_both() -> None:
    (closed,), (both,) = (reader(share).log_classes(X, LEARNED) for share in (0.0, 0.3))
    torch.testing.assert_close(closed.exp(), (2.0 * reader(0.0)(X)[0]).softmax(1))
    torch.testing.assert_close(both.exp(), 0.7 * closed.exp() + 0.3 * LEARNED[0].exp())


def test_one_that_is_sure_and_wrong_leaves_the_other_its_share() -> None:
    sure = (torch.tensor([0.0, -1e4, -1e4]).expand(5, 3),)
    (found,) = reader(0.3).log_classes(X, sure)
    (closed,) = reader(0.0).log_classes(X, sure)
    assert (found.exp() >= 0.7 * closed.exp() - 1e-6).all()
