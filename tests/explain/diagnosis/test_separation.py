"""Classes on one centre are found, and no others."""

import numpy as np
import pytest
import torch

from divecast.explain.diagnosis.separation import Separation
from laws import COMPONENTS, double_mixture

NAMES = ("a", "b", "c")


@pytest.mark.parametrize("component", COMPONENTS)
def test_distance_is_in_standard_deviations(component: str) -> None:
    mixture = double_mixture("plain", (0.2, 0.3, 0.5), block="line", component=component)
    with torch.no_grad():
        mixture.centres.points.copy_(torch.tensor([[0.0], [0.0], [3.0]]))
        mixture.log_width.copy_(torch.tensor([0.5, 0.5, 1.0]).log())
        draws = mixture.component(torch.tensor([0])).rsample((200_000,))
    found = Separation.of("move", NAMES, mixture)
    sd = float(draws.std())
    assert found.distance[0, 2] == pytest.approx(3.0 / (sd * np.sqrt((1 + 4) / 2)), rel=0.02)
    np.testing.assert_array_equal(found.distance, found.distance.T)


def test_merged_classes_are_found_the_nearest_first() -> None:
    mixture = double_mixture("plain", (0.2, 0.3, 0.5))
    with torch.no_grad():
        mixture.log_width.fill_(0.0)
        mixture.centres.points.copy_(torch.tensor([[0.0, 0.0], [0.9, 0.0], [0.9, 0.1]]))
    found = Separation.of("move", NAMES, mixture)
    assert [(pair.first, pair.second) for pair in found.merged] == [("b", "c"), ("a", "b"), ("a", "c")]
    assert found.merged[1].distance == pytest.approx(0.9)


def test_classes_apart_are_not_merged() -> None:
    mixture = double_mixture("ordered", (0.2, 0.3, 0.5))
    with torch.no_grad():
        mixture.log_width.fill_(-1.0)
    found = Separation.of("move", NAMES, mixture)
    assert found.merged == ()
    assert len(found.pairs()) == 3
