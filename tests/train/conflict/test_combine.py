"""One direction out of several gradients."""

import pytest
import torch
from torch import Tensor, nn

from divecast.train.conflict.combine import combined_gradients


def losses_and_parameters() -> tuple[list[Tensor], list[nn.Parameter]]:
    """Two losses whose gradients on a shared parameter point against one another, and one parameter no loss reaches."""
    shared, unused = nn.Parameter(torch.tensor([1.0, 0.0])), nn.Parameter(torch.zeros(3))
    return [shared @ torch.tensor([1.0, 0.0]), shared @ torch.tensor([-0.5, 1.0])], [shared, unused]


def test_the_sum_adds_gradients_up() -> None:
    losses, (shared, unused) = losses_and_parameters()
    combined_gradients(losses, [shared, unused], "sum")
    assert shared.grad.tolist() == [0.5, 1.0]
    assert unused.grad is None


def test_gradients_lie_in_memory_as_their_parameters() -> None:
    """Fused AdamW (torch 2.13, CPU) takes a gradient's memory in order, whatever its strides say."""
    weight = nn.Parameter(torch.zeros(2, 3))
    towards = torch.tensor([[1.0, -1.0, 1.0], [1.0, -1.0, -1.0]])
    loss = (weight.T.expand(4, -1, -1) * towards.T).sum()
    assert not torch.autograd.grad(loss, weight, retain_graph=True)[0].is_contiguous()
    combined_gradients([loss], [weight], "sum")
    torch.optim.AdamW([weight], lr=1.0, weight_decay=0.0, fused=True).step()
    torch.testing.assert_close(weight.detach(), -towards)


def test_pcgrad_takes_away_what_points_against_another() -> None:
    """g1 = (1, 0), g2 = (-.5, 1): g1 - (g1.g2/|g2|^2) g2 = (.8, .4), g2 - (g2.g1/|g1|^2) g1 = (0, 1)."""
    losses, (shared, unused) = losses_and_parameters()
    combined_gradients(losses, [shared, unused], "pcgrad")
    torch.testing.assert_close(shared.grad, torch.tensor([0.8, 1.4]))


@pytest.mark.parametrize("combine", ["pcgrad", "upgrad"])
def test_no_loss_rises_along_the_direction(combine: str) -> None:
    losses, (shared, unused) = losses_and_parameters()
    combined_gradients(losses, [shared, unused], combine)
    for gradient in ([1.0, 0.0], [-0.5, 1.0]):
        assert shared.grad @ torch.tensor(gradient) >= -1e-6


@pytest.mark.parametrize("combine", ["pcgrad", "upgrad"])
def test_gradients_that_agree_are_added_up(combine: str) -> None:
    shared = nn.Parameter(torch.zeros(2))
    combined_gradients([shared @ torch.tensor([1.0, 0.0]), shared @ torch.tensor([0.5, 1.0])], [shared], combine)
    factor = 1.0 if combine == "pcgrad" else 0.5  # UPGrad averages
    torch.testing.assert_close(shared.grad, factor * torch.tensor([1.5, 1.0]))
