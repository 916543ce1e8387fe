"""Channels that learn of one another: nothing at first, and a sample stands for all."""

import torch

from divecast.model.channel_mixing import ChannelMixing


def mixing(n_channels: int = 6, width: int = 5, n_mixtures: int = 3) -> ChannelMixing:
    """With weights that are not zero."""
    torch.manual_seed(0)
    made = ChannelMixing(n_channels, width, n_mixtures, dropout=0.0)
    torch.nn.init.normal_(made.scatter)
    torch.nn.init.normal_(made.bias)
    return made


def test_it_is_nothing_until_trained() -> None:
    hidden = torch.randn(4, 6, 5)
    assert torch.equal(ChannelMixing(6, 5, 3, 0.0)(hidden), hidden)


def test_channels_have_no_order() -> None:
    order = [3, 0, 5, 1, 4, 2]
    hidden, mixed = torch.randn(4, 6, 5, generator=torch.Generator().manual_seed(1)), mixing()
    before = mixed(hidden)
    for weight in (mixed.gather, mixed.scatter):
        weight.data = weight.data[order]
    torch.testing.assert_close(mixed(hidden[:, order]), before[:, order])


def test_each_channel_is_given_of_every_one_by_the_formula() -> None:
    hidden, mixed = torch.randn(2, 6, 5), mixing()
    normed = torch.nn.functional.layer_norm(hidden, (5,))
    sums = torch.einsum("ck,bcf->bkf", mixed.gather, normed) + mixed.bias
    given_back = torch.einsum("ck,bkf->bcf", mixed.scatter, torch.nn.functional.gelu(sums))
    torch.testing.assert_close(mixed(hidden), hidden + given_back)


def test_a_sample_of_channels_scales_the_sums_to_those_of_all() -> None:
    """Two halves of the channels that are alike: each half alone gives what both give."""
    whole = mixing(8)
    with torch.no_grad():
        for weight in (whole.gather, whole.scatter):
            weight[4:] = weight[:4]
    half = ChannelMixing(8, 5, 3, 0.0)
    half.load_state_dict(whole.state_dict())
    half.gather, half.scatter = (torch.nn.Parameter(each[:4].clone()) for each in (whole.gather, whole.scatter))
    hidden = torch.randn(2, 4, 5)
    torch.testing.assert_close(half(hidden), whole(hidden.repeat(1, 2, 1))[:, :4])


def test_in_training_channels_are_left_out_of_the_sums_and_what_is_left_makes_up_for_them() -> None:
    mixed, hidden = mixing(), torch.randn(1, 6, 5).repeat(4000, 1, 1)
    mixed.dropout = 0.5
    draws = (mixed(hidden) - hidden)[:, 0]
    assert len(draws.unique(dim=0)) == 2**6
    assert torch.equal(mixed.eval()(hidden)[0], mixed(hidden[:1])[0])
    mixed.train()
    with torch.no_grad():
        mixed.scatter.copy_(torch.eye(6, 3))
        mixed.bias.fill_(60.0)  # where gelu is the identity
    torch.testing.assert_close((mixed(hidden) - hidden).mean(0), (mixed.eval()(hidden) - hidden)[0], atol=0.1, rtol=0)


def test_channels_that_are_not_in_a_sample_count_as_left_out() -> None:
    """Of eight channels a share of .5 is left out: two of a sample of six, none of a sample of four."""
    whole, hidden = mixing(8), torch.randn(1, 8, 5).repeat(2000, 1, 1)
    for n_seen, left_out in ((6, 1 / 3), (4, 0.0), (3, 0.0)):
        seen = ChannelMixing(8, 5, 3, 0.5)
        for name in ("gather", "scatter"):
            setattr(seen, name, torch.nn.Parameter(getattr(whole, name)[:n_seen].clone()))
        with torch.no_grad():
            seen.gather[1:] = 0.0  # what is given back differs by whether the first channel is left out
        draws = (seen(hidden[:, :n_seen]) - hidden[:, :n_seen])[:, 0]
        same = (draws == draws.mode(dim=0).values).all(1).float().mean().item()
        assert abs(max(same, 1.0 - same) - (1.0 - left_out)) < 0.05
