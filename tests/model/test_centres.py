"""Centres keep what their kind promises, whatever an optimiser does to the parameters."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from divecast.config import CodeConfig
from divecast.model.centres import Circle, Free, Line, build_centres
from laws import spread_apart

LAWS = settings(max_examples=25)


def disturbed(centres: nn.Module, seed: int) -> Tensor:
    """The centres after parameters moved at random by a large step."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in centres.parameters():
            parameter.add_(2.0 * torch.randn(parameter.shape, generator=draw))
    return centres().detach()


@LAWS
@given(st.integers(3, 31), st.integers(1, 6), st.integers(0, 1000))
def test_a_circle_stays_a_circle(n_classes: int, n_harmonics: int, seed: int) -> None:
    """Turning the cycle by any number of classes is an isometry: a class is as far from the next k as any other."""
    points = disturbed(Circle(n_classes, n_harmonics), seed).double()
    for k in range(1, n_classes):
        distance = (points - points.roll(k, 0)).norm(dim=1)
        torch.testing.assert_close(distance, distance.mean().expand_as(distance), rtol=1e-4, atol=1e-4)
    assert spread_apart(points) > 0


@LAWS
@given(st.integers(4, 31), st.integers(0, 1000))
def test_on_one_circle_neighbours_are_nearest(n_classes: int, seed: int) -> None:
    points = disturbed(Circle(n_classes, 1), seed)
    gaps = torch.cdist(points, points)
    gaps.fill_diagonal_(torch.inf)
    at = torch.arange(n_classes)
    nearest = gaps.argmin(1)
    assert (((nearest - at) % n_classes == 1) | ((at - nearest) % n_classes == 1)).all()


@LAWS
@given(st.integers(2, 40), st.integers(0, 1000))
def test_a_line_keeps_its_order_and_its_middle(n_classes: int, seed: int) -> None:
    points = disturbed(Line(n_classes), seed)
    assert points.shape == (n_classes, 1)
    assert (points.diff(dim=0) > 0).all()
    assert points.mean().abs() < 1e-4 * points.abs().max()


@LAWS
@given(st.integers(2, 7), st.integers(0, 1000))
def test_free_points_start_apart(n_classes: int, seed: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        on_a_line, in_a_block = Free(n_classes, 1)().detach(), Free(n_classes, 4)().detach()
    assert spread_apart(on_a_line) == pytest.approx(1.0)
    assert spread_apart(in_a_block) > 0.2
    torch.testing.assert_close(in_a_block.norm(dim=1), in_a_block[0].norm().expand(n_classes))


@pytest.mark.parametrize(
    ("kind", "block", "n_classes", "expected"),
    [
        ("cyclic", "kind", 24, Circle),
        ("cyclic", "kind", 2, Free),
        ("ordered", "kind", 5, Line),
        ("plain", "kind", 5, Free),
        ("cyclic", "line", 24, Free),
        ("ordered", "line", 5, Line),
        ("plain", "line", 5, Free),
    ],
)
def test_a_kind_gets_its_block(kind: str, block: str, n_classes: int, expected: type) -> None:
    centres = build_centres(kind, n_classes, CodeConfig(block=block))
    assert isinstance(centres, expected)
    assert len(centres()) == n_classes
    assert spread_apart(centres().detach()) > 0
    if block == "line":
        assert centres().shape[1] == 1
