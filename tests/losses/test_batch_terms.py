"""The terms of a batch are those of its outputs, scaled to all channels where a sample was taken."""

from dataclasses import replace

import torch

from divecast.losses.batch_terms import conditional_terms, marginal_terms
from divecast.losses.label_terms import label_terms
from divecast.losses.terms import negative_log_likelihood
from divecast.types import Batch, ChannelSample, Outputs
from worlds import network, turning


def seen(n: int = 5) -> tuple[Outputs, Batch]:
    batch = turning(n, missing=0.2).batch(torch.arange(n))
    torch.manual_seed(0)
    return network()(batch.x, batch.labels), batch


def test_forecast_reconstruction_and_kl_are_of_the_outputs() -> None:
    outputs, batch = seen()
    forecast, reconstruction, kl = conditional_terms(outputs, batch)
    torch.testing.assert_close(forecast, negative_log_likelihood(outputs.forecast, batch.y))
    torch.testing.assert_close(reconstruction, negative_log_likelihood(outputs.reconstruction, batch.x))
    q = outputs.q_a
    closed = 0.5 * (q.loc**2 + q.scale**2 - 1) - q.scale.log()
    torch.testing.assert_close(kl, closed.sum(1))


def test_a_sample_of_channels_stands_for_all() -> None:
    outputs, batch = seen()
    whole = conditional_terms(outputs, batch)
    sampled = conditional_terms(outputs, replace(batch, sample=ChannelSample(torch.arange(2), 6)))
    for one, other, times in zip(whole, sampled, (3.0, 3.0, 1.0), strict=True):
        torch.testing.assert_close(other, times * one)


def test_terms_of_blocks_are_those_of_their_prior() -> None:
    net, (outputs, batch) = network(), seen()
    draw = outputs.code.b
    found = label_terms(net.marginal, outputs.q_b, draw, batch.labels)
    for one, other in zip(found, marginal_terms(net.marginal.prior, outputs.q_b, draw, batch.labels), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
