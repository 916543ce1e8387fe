"""What the network may and may not look at."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor
from torch.distributions import Normal

from divecast.baselines import PerChannelRidge
from divecast.model.marginal import MarginalCode
from divecast.model.network import Network
from worlds import SMALL, network, turning

UNKNOWN = torch.full((6, 2), -1)


def some(n: int = 6, missing: float = 0.0) -> Tensor:
    return turning(n, missing=missing).x


def marginal(net: Network, x: Tensor, labels: Tensor = UNKNOWN) -> MarginalCode:
    return net.marginal_code(x, labels, sample=False)


def stir(net: Network) -> Network:
    """Move all weights away from where they start, so that no path is silent."""
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=draw))
    return net


@pytest.mark.parametrize("factors", [True, False])
def test_shapes(factors: bool) -> None:
    net, labels = network(factors=factors), UNKNOWN[:, : 2 if factors else 0]
    outputs = net(some(), labels)
    assert outputs.reconstruction.mean.shape == (6, 8, 2)
    assert outputs.forecast.mean.shape == (6, 3, 2)
    assert outputs.posteriors.b.mean.shape == outputs.code.b.shape == (6, sum(net.marginal.block_sizes))
    assert outputs.code.a.shape == (6, 3)
    assert [c.shape for c in outputs.code.classes] == ([(6, 4), (6, 2)] if factors else [])
    assert outputs.attention.shape[0] == 6
    assert outputs.attention.shape[2] == (2 if factors else 0)


def test_networks_that_differ_in_one_part_start_alike_in_the_others() -> None:
    """Arms of one seed differ by what they change, not by their random start."""
    without_a = replace(SMALL, code=replace(SMALL.code, n_conditional=0))
    one, other = network(seed=1), network(seed=1, config=without_a)
    for part in ("marginal", "decoder", "forecaster"):
        weights = getattr(one, part).state_dict()
        assert all(torch.equal(weights[name], value) for name, value in getattr(other, part).state_dict().items())
    assert not torch.equal(network(seed=2).forecaster.embedding, one.forecaster.embedding)


def test_the_reconstruction_sees_the_code_alone() -> None:
    """With the posteriors held at one code, another window leaves the reconstruction as it is, not the forecast."""
    net = stir(network())
    x = some()
    code = marginal(net, x)
    held = net.infer_conditional(x, code.b)
    net.infer_conditional = lambda *_, **__: held
    one, other = net.complete(x, code, sample=False), net.complete(x.roll(1, 0) + 1.0, code, sample=False)
    assert torch.equal(one.reconstruction.mean, other.reconstruction.mean)
    assert not torch.allclose(one.forecast.mean, other.forecast.mean)


@pytest.mark.parametrize("read", ["b", "code", "own"])
def test_the_forecaster_reads_a_only_where_it_is_to(read: str) -> None:
    net, x = stir(network(config=replace(SMALL, code=replace(SMALL.code, forecaster=read)))), some()
    code = marginal(net, x)
    held = net.infer_conditional(x, code.b)
    one = net.complete(x, code, sample=False)
    predicted = net.predict(x, (code.b, code.classes), sample=False)
    net.infer_conditional = lambda *_, **__: Normal(held.loc + 1.0, held.scale)
    other = net.complete(x, code, sample=False)
    assert not torch.allclose(one.reconstruction.mean, other.reconstruction.mean, atol=1e-4)
    assert torch.equal(one.forecast.mean, other.forecast.mean) == (read == "b")
    assert torch.equal(predicted.forecast.mean, one.forecast.mean)


def test_a_fusion_of_the_forecast_alone_leaves_a_and_the_reconstruction_to_themselves() -> None:
    net, x = network(config=replace(SMALL, code=replace(SMALL.code, forecaster="own"))), some()
    net.complete(x, marginal(net, x), sample=False).forecast.mean.square().sum().backward()
    moved = {name.split(".")[0] for name, value in net.named_parameters() if value.grad is not None}
    assert "own_fusion" in moved
    assert not moved & {"conditional", "fusion", "decoder"}


def test_the_reconstruction_follows_the_code() -> None:
    net, x = stir(network()), some()
    code = marginal(net, x)
    moved = replace(code, b=code.b + 1.0)
    one, other = net.complete(x, code, sample=False), net.complete(x, moved, sample=False)
    assert not torch.allclose(one.reconstruction.mean, other.reconstruction.mean, atol=1e-4)


def test_a_new_network_forecasts_as_the_ridge_it_starts_from() -> None:
    source, net = turning(300), network()
    batch = source.batch(torch.arange(300))
    ridge = PerChannelRidge(pairs=net.forecaster.pairs).fit([batch], (4, 2))
    net.forecaster.start(ridge.weights)
    outputs = net(batch.x, batch.labels, sample=False)
    torch.testing.assert_close(outputs.forecast.mean, ridge.forecast(batch), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(outputs.forecast.scale[0], ridge.weights.residual_scale.T)
    assert ridge.forecast(batch).std() > 0.1


def test_without_mixing_channels_reach_another_ones_forecast_through_the_code_alone() -> None:
    x = some()
    fused, classes = torch.randn(6, 16), (torch.full((6, 4), 0.25), torch.full((6, 2), 0.5))
    other = x.clone()
    other[:, -1, 0] += 1.0
    for mixed in (False, True):
        decoder = replace(SMALL.decoder, n_mixtures=3 if mixed else 0)
        net = stir(network(config=replace(SMALL, decoder=decoder)))
        one, two = net.forecaster(x, fused, classes).mean, net.forecaster(other, fused, classes).mean
        assert torch.equal(one[:, :, 1], two[:, :, 1]) == (not mixed)
        assert not torch.allclose(one[:, :, 0], two[:, :, 0])
        assert not torch.allclose(net.forecaster(x, fused + 1.0, classes).mean, one)
        seen, changed = (net(each, UNKNOWN, False).forecast.mean[:, :, 1] for each in (x, other))
        assert not torch.equal(seen, changed)


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_holes_give_finite_outputs(share: float) -> None:
    outputs = network()(some(missing=share), UNKNOWN)
    for part in (outputs.reconstruction.mean, outputs.forecast.mean, outputs.forecast.scale, outputs.attention):
        assert torch.isfinite(part).all()


def test_q_of_a_depends_on_the_b_it_is_given() -> None:
    net, x = network(), some()
    b = marginal(net, x).b
    assert not torch.allclose(net.infer_conditional(x, b).loc, net.infer_conditional(x, b + 1.0).loc, atol=1e-4)
    held = net.complete(x, marginal(net, x, torch.tensor([[0, 0]] * 6)), sample=False).posteriors.a.loc
    other = net.complete(x, marginal(net, x, torch.tensor([[2, 1]] * 6)), sample=False).posteriors.a.loc
    assert not torch.allclose(held, other, atol=1e-4)


def test_labels_handed_over_put_b_on_their_centre() -> None:
    net, x = network(), some()
    labels = torch.tensor([[0, 1], [3, -1], [-1, 0], [-1, -1], [2, 0], [1, 1]])
    free, clamped = marginal(net, x), marginal(net, x, labels)
    for i, (mixture, block) in enumerate(
        zip(net.marginal.prior.mixtures(), net.marginal.blocks(clamped.b), strict=True)
    ):
        known = labels[:, i] >= 0
        given = labels[known, i]
        torch.testing.assert_close(block[known], mixture.centres()[given])
        one_hot = torch.eye(mixture.n_classes)[given]
        torch.testing.assert_close(clamped.classes[i][known], one_hot)
        assert torch.equal(block[~known], net.marginal.blocks(free.b)[i][~known])
        torch.testing.assert_close(clamped.classes[i][~known], free.classes[i][~known])
    assert torch.equal(clamped.draw, free.draw)  # what the window says is not touched


def test_labels_handed_over_in_training_are_drawn_from_their_class() -> None:
    net = network()
    labels = torch.tensor([[2, 1]]).expand(4000, -1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        b, _ = net.marginal.clamp(torch.zeros(4000, net.marginal.prior.dims), labels, noise=True)
    for mixture, block, label in zip(net.marginal.prior.mixtures(), net.marginal.blocks(b), (2, 1), strict=True):
        f = mixture.component(torch.tensor([label]))
        torch.testing.assert_close(block.mean(0), f.loc[0], atol=0.03, rtol=0)
        torch.testing.assert_close(block.std(0), f.scale[0], atol=0.02, rtol=0)


def test_without_sampling_a_run_repeats_itself() -> None:
    net, x = network(), some()
    one, two = net(x, UNKNOWN, sample=False), net(x, UNKNOWN, sample=False)
    assert torch.equal(one.forecast.mean, two.forecast.mean)
    assert torch.equal(one.code.a, one.posteriors.a.loc)
    assert torch.equal(one.code.b, one.posteriors.b.loc)


def test_gradients_run_through_the_draw() -> None:
    net = network().train()
    outputs = net(some(), UNKNOWN, sample=True)
    outputs.code.b.sum().backward()
    assert net.marginal.encoder.head.linear.weight.grad.abs().sum() > 0


def test_labels_that_are_all_told_leave_nothing_to_infer() -> None:
    net, x, labels = stir(network(seed=4)), some(), torch.tensor([[0, 1], [1, 0], [2, 1], [0, 0], [1, 1], [2, 0]])
    inferred, (b, classes) = marginal(net, x, labels), net.marginal.b_of_labels(labels, noise=False)
    assert torch.equal(b, inferred.b)
    assert all(torch.equal(one, other) for one, other in zip(classes, inferred.classes, strict=True))


def test_mixed_precision_leaves_the_linear_path_whole() -> None:
    net, x, labels = network(seed=4), some(), torch.tensor([[0, 1], [1, 0], [2, 1], [0, 0], [1, 1], [2, 0]])
    net.forecaster.linear.weight.normal_(generator=torch.Generator().manual_seed(0))
    whole = net(x, labels, sample=False).forecast.mean
    with torch.autocast("cpu", torch.bfloat16):
        mixed = net(x, labels, sample=False).forecast.mean
    assert torch.equal(mixed, whole)  # the network beside it starts with nothing
    with torch.no_grad():
        net.forecaster.leave.weight.normal_(generator=torch.Generator().manual_seed(1))
    corrected = net(x, labels, sample=False).forecast.mean
    with torch.autocast("cpu", torch.bfloat16):
        mixed = net(x, labels, sample=False).forecast.mean
    assert not torch.equal(mixed, corrected)
    torch.testing.assert_close(mixed, corrected, rtol=0.02, atol=0.02 * float((corrected - whole).detach().abs().max()))
