"""What a share of a batch draws are the rows that the whole batch draws."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.distributions import Laplace, Normal

from divecast.model.blocks import FeatureDropout, keep_some
from divecast.model.draws import Rows, drawn_for, in_pieces
from worlds import network


def everything_drawn(x: Tensor) -> list[Tensor]:
    """Draw in every way the network does, for x of (batch, time, channel)."""
    wide = x[:, :, 0]
    return [
        torch.rand(len(x), 3) + torch.randn(len(x), 1),
        Normal(wide, 1.0 + wide.abs()).rsample(),
        Laplace(wide, 1.0 + wide.abs()).rsample(),
        keep_some(tuple(x.shape), 0.4, x),
        nn.functional.gumbel_softmax(wide, 0.67, hard=True),
        torch.cat([piece * torch.rand(piece.shape) for (piece,) in in_pieces((x,), 4)]),
    ]


def seeded(x: Tensor, rows: Rows) -> list[Tensor]:
    with torch.random.fork_rng(), torch.inference_mode():
        torch.manual_seed(3)
        with drawn_for(rows):
            drawn = everything_drawn(rows.of(x))
        return [*drawn, torch.rand(1)]


@settings(max_examples=40)
@given(total=st.integers(1, 19), cuts=st.lists(st.integers(0, 19), max_size=3))
def test_shares_put_together_are_the_whole_batch_and_leave_the_same_random_state(total, cuts):
    x = torch.linspace(-1, 1, total * 12).reshape(total, 4, 3)
    *whole, after = seeded(x, Rows(0, total, total))
    bounds = sorted({0, total, *(min(cut, total) for cut in cuts)})
    shares = [seeded(x, Rows(a, b, total)) for a, b in pairwise(bounds)]
    for at, expected in enumerate(whole):
        assert torch.equal(torch.cat([share[at] for share in shares]), expected)
    assert all(torch.equal(share[-1], after) for share in shares)


def test_draws_that_are_no_windows_are_refused():
    with drawn_for(Rows(0, 2, 5)), pytest.raises(RuntimeError, match="2 windows"):
        torch.rand(3)
    with drawn_for(Rows(0, 2, 5)), pytest.raises(RuntimeError, match="cannot be drawn"):
        torch.bernoulli(torch.full((2, 3), 0.5))


@pytest.mark.parametrize("n_channels", [2, 700])  # of 700, layers see a few windows at a time
def test_a_network_in_training_gives_a_share_what_it_gives_those_windows_in_the_whole_batch(n_channels):
    net = network(n_channels=n_channels).train()
    for module in net.modules():
        if isinstance(module, FeatureDropout):
            module.share = 0.3
    x, labels = torch.randn(9, 8, n_channels), torch.tensor([[0, 1], [-1, 0], [3, -1]] * 3)

    def outputs(rows: Rows) -> list[Tensor]:
        with torch.random.fork_rng(), torch.no_grad():
            torch.manual_seed(5)
            with drawn_for(rows):
                found = net(rows.of(x), rows.of(labels))
        return [found.code.a, found.code.b, found.forecast.mean, found.forecast.scale, found.reconstruction.mean]

    whole, shares = outputs(Rows(0, 9, 9)), [outputs(Rows(*rows, 9)) for rows in ((0, 4), (4, 9))]
    for parts, expected in zip(zip(*shares, strict=True), whole, strict=True):
        torch.testing.assert_close(torch.cat(parts), expected, rtol=1e-5, atol=1e-5)
