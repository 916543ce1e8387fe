"""Movements of recordings: what a tells of them, and the windows that it gives."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from divecast.fit.solve_movement import solve_movement
from divecast.model.movement import N_PHASE, Movement
from divecast.types import Batch

LOOKBACK, N_CHANNELS = 120, 3
RATIOS = torch.tensor([[1.0, 0.5, 0.2], [0.3, 1.0, 0.8]])


class Examples:
    """Windows of two movements of different people, speeds and phases, with a little noise."""

    def __init__(self, n: int = 300, noise: float = 0.02, classes: tuple[int, ...] = (0, 1)) -> None:
        draw = torch.Generator().manual_seed(0)
        self.number = torch.tensor(classes)[torch.arange(n) % len(classes)]
        self.cycles = 2.5 * (0.15 * torch.randn(n, generator=draw)).exp()
        self.phase = 2.0 * math.pi * torch.rand(n, generator=draw)
        self.size = 1.0 + 0.2 * torch.randn(n, generator=draw)
        self.x = self.at(0.0) + noise * torch.randn(n, LOOKBACK, N_CHANNELS, generator=draw)

    def at(self, shift: float) -> Tensor:
        """Return the windows ``shift`` rows later, without noise."""
        steps = torch.arange(LOOKBACK) - (LOOKBACK - 1) / 2.0 + shift
        angle = 2.0 * math.pi * self.cycles[:, None] * steps / LOOKBACK + self.phase[:, None]
        wave = angle.cos()[..., None] * RATIOS[self.number][:, None]
        bend = (2.0 * angle).sin()[..., None] * RATIOS[self.number].flip(1)[:, None]
        return 0.5 * self.number[:, None, None] + self.size[:, None, None] * (wave + 0.4 * bend)

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.x)

    def batch(self, index: Tensor) -> Batch:
        """Return windows with their classes."""
        return Batch(self.x[index], self.x[index], self.number[index, None])


def solved(examples: Examples, dims: int = 5) -> Movement:
    """A movement of two classes, solved."""
    movement = Movement(LOOKBACK, N_CHANNELS, (2,), dims)
    solve_movement(movement, examples, seed=0)  # type: ignore[arg-type]  only length and batch are used
    return movement


@pytest.fixture(scope="module")
def examples() -> Examples:
    return Examples()


@pytest.fixture(scope="module")
def movement(examples: Examples) -> Movement:
    return solved(examples)


def test_a_window_comes_back(movement: Movement, examples: Examples) -> None:
    a = movement(examples.x, examples.number).loc
    error = movement.window(a, examples.number) - examples.at(0.0)
    assert error.square().mean() < 0.02 * examples.x.var()


def test_a_shift_turns_the_phase_alone(movement: Movement, examples: Examples) -> None:
    shift = 7.0
    before, after = (movement(examples.at(rows), examples.number).loc for rows in (0.0, shift))
    assert (after - before)[:, N_PHASE:].abs().median() < 0.05
    turned = torch.atan2(after[:, 1], after[:, 0]) - torch.atan2(before[:, 1], before[:, 0])
    expected = 2.0 * math.pi * examples.cycles * shift / LOOKBACK
    assert (torch.exp(1j * (turned - expected)) - 1.0).abs().median() < 0.05


def test_a_tells_no_class_and_is_standardised(movement: Movement, examples: Examples) -> None:
    a = movement(examples.x, examples.number).loc
    of_class = [a[examples.number == number][:, N_PHASE : N_PHASE + 2] for number in (0, 1)]
    assert (of_class[0].mean(0) - of_class[1].mean(0)).abs().max() < 0.2
    assert all(float(each.std(0).min()) > 0.6 and float(each.std(0).max()) < 1.4 for each in of_class)


def test_another_class_gives_its_movement(movement: Movement, examples: Examples) -> None:
    a = movement(examples.x, examples.number).loc
    other = movement.window(a, 1 - examples.number)
    power = other.std(1)
    assert ((power[:, 0] > power[:, 2]) == (examples.number == 1)).float().mean() > 0.95


def test_the_speed_is_that_of_the_movement(movement: Movement, examples: Examples) -> None:
    speed = movement(examples.x, examples.number).loc[:, N_PHASE]
    assert np.corrcoef(speed, examples.cycles.log())[0, 1] > 0.95


def test_noise_has_the_spectrum_around_the_movement(movement: Movement, examples: Examples) -> None:
    around = examples.x - movement.window(movement(examples.x, examples.number).loc, examples.number)
    torch.manual_seed(0)
    drawn = movement.noise(examples.number)
    expected, found = (torch.fft.rfft(each, dim=1).abs().square().mean((0, 2)) for each in (around, drawn))
    torch.testing.assert_close(found.log(), expected.log(), atol=0.4, rtol=0.0)


def test_missing_values_are_filled(movement: Movement, examples: Examples) -> None:
    x = examples.x.clone()
    x[:, 50:54] = torch.nan
    a, whole = (movement(each, examples.number).loc for each in (x, examples.x))
    assert torch.isfinite(a).all()
    assert (a - whole).abs().median() < 0.2
    assert torch.isfinite(movement(torch.full_like(x[:2], torch.nan), examples.number[:2]).loc).all()


def test_a_class_without_windows_borrows_from_the_others() -> None:
    movement = solved(Examples(classes=(0,)))
    window = movement.window(torch.zeros(1, 5), torch.tensor([1]))
    assert torch.isfinite(window).all()
    assert window.std() > 0.1


def test_a_loaded_movement_has_its_tables(movement: Movement) -> None:
    loaded = Movement(LOOKBACK, N_CHANNELS, (2,), 5)
    loaded.load_state_dict(movement.state_dict())
    assert torch.equal(loaded.table, movement.table)
    assert torch.equal(loaded.leading, movement.leading)


@pytest.mark.parametrize(("lookback", "n_channels", "n_classes"), [(1, 1, ()), (3, 2, (2,)), (24, 1, (3, 200))])
def test_small_windows_and_many_classes(lookback: int, n_channels: int, n_classes: tuple[int, ...]) -> None:
    movement = Movement(lookback, n_channels, n_classes, 4)
    x = torch.randn(8, lookback, n_channels)
    labels = torch.zeros(8, len(n_classes), dtype=torch.int64)

    class Some:
        def __len__(self) -> int:
            return 8

        def batch(self, index: Tensor) -> Batch:
            return Batch(x[index], x[index], labels[index])

    solve_movement(movement, Some(), seed=0)  # type: ignore[arg-type]
    classes = tuple(torch.nn.functional.one_hot(labels[:, i], n).float() for i, n in enumerate(n_classes))
    number = movement.joint(classes, 8)
    a = movement(x, number)
    assert torch.isfinite(a.loc).all()
    assert (a.scale > 0.0).all()
    assert torch.isfinite(movement.window(a.loc, number)).all()
