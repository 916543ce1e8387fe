"""What the parts of the network do with the effects of rows."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from divecast.model.network import Dimensions, Network
from divecast.types import WindowEffects
from worlds import FREQUENCIES, KINDS, SMALL, turning

BATCH = turning(6)


def network(use: str = "told") -> Network:
    """A small network whose weights are away from their start, so that no path is silent."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = Network(Dimensions(8, 3, 2, KINDS, FREQUENCIES, effects=use), SMALL).eval()
        with torch.no_grad():
            for tensor in [*net.parameters(), net.forecaster.linear.weight, net.forecaster.linear.carry]:
                tensor.add_(0.1 * torch.randn_like(tensor))
            net.forecaster.linear.share.copy_(torch.tensor([0.5, 0.2])[: len(net.forecaster.linear.share), None, None])
    return net.requires_grad_(False)


def some(seed: int = 1) -> WindowEffects:
    draw = torch.Generator().manual_seed(seed)
    return WindowEffects(*(torch.randn(6, steps, 2, generator=draw) for steps in (8, 3, 8, 3)))


def mean_of(net: Network, x: Tensor, effects: WindowEffects | None) -> Tensor:
    return net(x, BATCH.labels, sample=False, effects=effects).forecast.mean


def test_the_reconstruction_is_the_effects_and_what_the_code_adds() -> None:
    net, effects, fused = network(), some(), torch.randn(6, SMALL.decoder.token_width)
    with_effects, without = net.decoder(fused, effects.past), net.decoder(fused)
    torch.testing.assert_close(with_effects.mean, effects.past + without.mean)
    torch.testing.assert_close(with_effects.scale, without.scale)


def test_a_does_not_see_what_moves_with_the_effects() -> None:
    net, effects, move = network(), some(), some(2)
    b = net.marginal_code(BATCH.x, BATCH.labels, sample=False).b
    held = net.infer_conditional(BATCH.x, b, effects)
    moved = net.infer_conditional(BATCH.x + move.past, b, replace(effects, past=effects.past + move.past))
    torch.testing.assert_close(moved.loc, held.loc, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(moved.scale, held.scale, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(net.infer_conditional(BATCH.x + move.past, b, effects).loc, held.loc, atol=1e-3)


def test_b_reads_the_values_as_they_are() -> None:
    net, unknown, effects = network(), torch.full_like(BATCH.labels, -1), some()
    moved = replace(effects, past=effects.past + 1.0)
    one, other = (net(BATCH.x, unknown, sample=False, effects=each) for each in (effects, moved))
    assert torch.equal(one.code.b, other.code.b)
    assert not torch.allclose(one.code.a, other.code.a)


def test_windows_without_their_effects_are_refused() -> None:
    with pytest.raises(RuntimeError, match="lack the effects"):
        network()(BATCH.x, BATCH.labels, sample=False)


@pytest.mark.parametrize(("family", "past", "ahead"), [(0, "past", "ahead"), (1, "told_past", "told_ahead")])
def test_effects_enter_a_linear_forecast_by_the_share_of_their_family(family: int, past: str, ahead: str) -> None:
    net, effects = network(), some()
    classes = net.marginal_code(BATCH.x, BATCH.labels, sample=False).classes
    linear = net.forecaster.linear

    def forecast(x: Tensor, changed: WindowEffects) -> Tensor:
        return net.forecaster.linear_forecast(x, classes, changed)

    def of(maps: Tensor) -> Tensor:
        return torch.einsum("btc,cth->bhc", move, maps)

    one, move = forecast(BATCH.x, effects), some(2).past
    higher = forecast(BATCH.x, replace(effects, **{ahead: getattr(effects, ahead) + 1.0}))
    torch.testing.assert_close(higher - one, torch.full_like(one, float(linear.share[family, 0, 0])))
    with_past = replace(effects, **{past: getattr(effects, past) + move})
    torch.testing.assert_close(one - forecast(BATCH.x, with_past), of(linear.carry[family]), atol=1e-5, rtol=1e-5)
    along = linear.weight[:, :8] + linear.carry.sum(0) - linear.carry[family]
    torch.testing.assert_close(forecast(BATCH.x + move, with_past) - one, of(along), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("use", "reads"), [("told", True), ("calendar", False)])
def test_the_correction_reads_what_is_told_beside_the_calendar(use: str, reads: bool) -> None:
    net, effects = network(use), some()
    told = replace(effects, told_past=effects.told_past + 1.0)
    if not reads:
        effects, told = (replace(each, told_past=None, told_ahead=None) for each in (effects, told))
    one, other = (mean_of(net, BATCH.x, each) for each in (effects, told))
    assert torch.allclose(one, other) is not reads


def test_doubt_widens_the_forecast_and_leaves_its_mean() -> None:
    net, effects = network(), some()
    doubt = torch.full((6, 3, 2), 0.5)
    sure, unsure = (
        net(BATCH.x, BATCH.labels, False, each).forecast for each in (effects, replace(effects, doubt=doubt))
    )
    assert torch.equal(sure.mean, unsure.mean)
    torch.testing.assert_close(unsure.scale.square(), sure.scale.square() + 0.25)
