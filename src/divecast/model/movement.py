"""Repeated movements of recordings in closed form: what a tells of a window, and the window that a and classes give.

A window is its level plus the harmonics of one period. Its phase is told apart from its shape: a shift of the window
turns the phase and leaves all else as it is. Else a decoder that is unsure of the phase would return the mean of
shifted windows, which is flat. Everything is solved from the training windows before the training
(``fit/solve_movement.py``); nothing is learned by gradients.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.model.blocks import for_all
from divecast.model.linear.filled import fill_window
from divecast.model.precision import full_precision

N_HARMONICS, N_CYCLES = 6, 128
"""Harmonics of a movement; candidates for its number of cycles in a window. Our choices."""
N_PHASE, LEAST_DIMS = 2, 4  # dimensions of the phase, and of phase, speed and one for the shape
_LEADING = 3  # harmonics by which the period is found: higher ones fit noise
_PHASES = 48  # from the best of which the phase is refined
_PENALTY = 2.0  # rows, on amplitudes of harmonics, which slow movements tell apart badly
_RADIUS = math.sqrt(math.pi / 2.0)  # mean distance of two standard normal dimensions from 0
_MOST_CLASSES = 512  # joint classes
_CYCLES = (0.5, 16.0)  # least and most cycles in a window, before training windows narrow them
_MOST_STRETCH = 2.0  # of the range of cycles in samples
_SMALLEST = 1e-6


class Movement(nn.Module):
    """A closed-form map between windows of recordings and their last dimensions of a, given the classes.

    The first two of these dimensions are cosine and sine of the phase in the middle of the window. The next one is the
    speed: the logarithm of the number of cycles in a window. The others are directions in which levels and amplitudes
    vary around those of the class. Speed and directions are standardised by mean and covariance of the joint class of
    all factors, so that p(a|b) is a standard normal in its first two moments, and tells no class.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        n_classes: classes of each factor; those of the last factors are ignored where there are more than 512 joint
            classes.
        dims: dimensions of a that it tells, at least ``LEAST_DIMS``.
    """

    cycles: Tensor
    template: Tensor
    speed: Tensor
    centre: Tensor
    directions: Tensor
    spread: Tensor
    inverse: Tensor
    doubt: Tensor
    colour: Tensor
    table: Tensor
    leading: Tensor

    def __init__(self, lookback: int, n_channels: int, n_classes: Sequence[int], dims: int) -> None:
        super().__init__()
        self.n_classes, joint = [], 1
        for n in n_classes:
            if joint * n > _MOST_CLASSES:
                break
            self.n_classes.append(n)
            joint *= n
        self.lookback, self.n_channels, self.n_joint, self.dims = lookback, n_channels, joint, dims
        self.n_harmonics = max(1, min(N_HARMONICS, (lookback - 1) // 4))
        self.n_shape = n_channels * (1 + 2 * self.n_harmonics)
        n = dims - N_PHASE
        self.register_buffer("cycles", torch.linspace(*self.cycle_range, N_CYCLES))
        self.register_buffer("template", torch.zeros(joint, 2, self.n_harmonics, n_channels))
        self.register_buffer("speed", torch.zeros(joint))
        self.register_buffer("centre", torch.zeros(joint, self.n_shape))
        self.register_buffer("directions", torch.zeros(self.n_shape, n - 1))
        self.register_buffer("spread", torch.eye(n).repeat(joint, 1, 1))
        self.register_buffer("inverse", torch.eye(n).repeat(joint, 1, 1))
        self.register_buffer("doubt", torch.ones(joint, dims))
        self.register_buffer("colour", torch.ones(joint, lookback // 2 + 1, n_channels))
        for name, table in zip(("table", "leading"), self._tables(), strict=True):
            self.register_buffer(name, table, persistent=False)
        self.register_load_state_dict_post_hook(_with_tables)  # type: ignore[no-untyped-call]

    @torch.no_grad()
    def set_cycles(self, cycles: Tensor) -> None:
        """Set the candidates for the number of cycles in a window, (candidate,), ascending."""
        self.cycles.copy_(cycles)
        for own, table in zip((self.table, self.leading), self._tables(), strict=True):
            own.copy_(table)

    @property
    def cycle_range(self) -> tuple[float, float]:
        """Least and most cycles in a window that can be told."""
        low, high = _CYCLES
        return low, max(low + 1.0, min(high, (self.lookback - 1) / (2.0 * self.n_harmonics)))

    def joint(self, classes: Sequence[Tensor], n: int) -> Tensor:
        """Return the number of the most probable joint class of ``n`` windows, from (n, class) of each factor."""
        read = [each.argmax(1) for each in classes[: len(self.n_classes)]]
        return self.joined(read) if read else torch.zeros(n, dtype=torch.int64, device=self.speed.device)

    def joined(self, classes: Sequence[Tensor]) -> Tensor:
        """Return the number of the joint class, (batch,), from the class of each factor, (batch,)."""
        number = classes[0]
        for n, each in zip(self.n_classes[1:], classes[1:], strict=False):
            number = number * n + each
        return number

    def forward(self, x: Tensor, number: Tensor) -> Normal:
        """Return q(a|x,b) of the dimensions, (batch, dims).

        Args:
            x: (batch, time, channel), scaled units, NaN where missing.
            number: (batch,) joint class.
        """
        with full_precision(x.device.type):
            log_cycles, shape = self.harmonics(x)
            phase = self.phase(shape, number)
            told = self.coordinates(log_cycles, self.turned(shape, -phase), number)
            whitened = (self.inverse[number] @ told[..., None])[..., 0]
            a = torch.cat([_RADIUS * torch.stack([phase.cos(), phase.sin()], dim=1), whitened], dim=1)
        return Normal(a, self.doubt[number], validate_args=False)

    def window(self, a: Tensor, number: Tensor) -> Tensor:
        """Return the windows, (batch, time, channel), of a, (batch, dims), and the joint class, (batch,)."""
        with full_precision(a.device.type):
            return self._window(a, number)

    def _window(self, a: Tensor, number: Tensor) -> Tensor:
        phase = torch.atan2(a[:, 1], a[:, 0])
        told = (self.spread[number] @ a[:, N_PHASE:, None])[..., 0]
        low, high = self.cycles[0] / _MOST_STRETCH, self.cycles[-1] * _MOST_STRETCH
        cycles = (self.speed[number] + told[:, 0]).exp().clamp(low, high)
        shape = self.centre[number] + (told[:, 1:] @ self.directions.T) / self.weight(self.centre)
        level, cosine, sine = self.parts(shape)
        angle = (2.0 * math.pi / self.lookback) * cycles[:, None] * self._steps(a) + phase[:, None]
        angles = angle[:, None] * self._numbers(a)[:, None]  # (batch, harmonic, time)
        moved = cosine.transpose(1, 2) @ angles.cos() + sine.transpose(1, 2) @ angles.sin()
        return (level[..., None] + moved).transpose(1, 2)

    def noise(self, number: Tensor) -> Tensor:
        """Draw what is around a movement, (batch, time, channel), with the spectrum of its class."""
        white = torch.randn(len(number), self.lookback, self.colour.shape[2], device=self.colour.device)
        coloured = torch.fft.rfft(white, dim=1) * self.colour[number]
        return torch.fft.irfft(coloured, n=self.lookback, dim=1)

    def harmonics(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return log cycles, (batch,), and levels and amplitudes, (batch, shape), in the phase of the window."""
        filled = fill_window(x, 1)
        centred = (filled - filled.mean(1, keepdim=True)).transpose(1, 2)
        products = centred.flatten(0, 1) @ self.leading.flatten(0, 1).T  # one product of matrices is much faster
        power = products.square().view(len(x), -1, *self.leading.shape[:2]).sum((1, 3))
        best = power.argmax(1)
        return self.cycles[best].log(), (self.table[best] @ filled).flatten(1)

    def phase(self, shape: Tensor, number: Tensor) -> Tensor:
        """Return the phase, (batch,), by which the amplitudes, (batch, shape), are most like the template's."""
        _, cosine, sine = self.parts(shape)
        template = self.template[number]
        along = (template[:, 0] * cosine + template[:, 1] * sine).sum(2)  # of turning each harmonic back by its phase
        across = (template[:, 1] * cosine - template[:, 0] * sine).sum(2)
        numbers = self._numbers(shape)
        tried = torch.arange(_PHASES, device=shape.device, dtype=shape.dtype) * (2.0 * math.pi / _PHASES)
        angles = tried[:, None] * numbers
        phase = tried[(along @ angles.cos().T + across @ angles.sin().T).argmax(1)]
        angles = phase[:, None] * numbers
        cos, sin = angles.cos(), angles.sin()
        slope = (numbers * (across * cos - along * sin)).sum(1)
        curve = -(numbers.square() * (along * cos + across * sin)).sum(1)
        step = -slope / curve.clamp(max=-_SMALLEST)
        return phase + step.clamp(-math.pi / _PHASES, math.pi / _PHASES)

    def turned(self, shape: Tensor, phase: Tensor) -> Tensor:
        """Return levels and amplitudes, (batch, shape), of movements that are ahead by a phase, (batch,)."""
        level, cosine, sine = self.parts(shape)
        angles = (phase[:, None] * self._numbers(shape))[..., None]
        cos, sin = angles.cos(), angles.sin()
        turned = torch.stack([cosine * cos + sine * sin, sine * cos - cosine * sin], dim=1)
        return torch.cat([level, turned.flatten(1)], dim=1)

    def coordinates(self, log_cycles: Tensor, shape: Tensor, number: Tensor) -> Tensor:
        """Return speed and directions around the centre of the class, (batch, coordinate), of an aligned window."""
        share = shape.shape[1] / self.n_shape  # of the channels
        of_shape = for_all(((shape - self.centre[number]) * self.weight(shape)) @ self.directions, share)
        return torch.cat([(log_cycles - self.speed[number])[:, None], of_shape], dim=1)

    def parts(self, shape: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Split (batch, shape) into levels, (batch, channel), and amplitudes, (batch, harmonic, channel) each."""
        numbers = shape.unflatten(1, (1 + 2 * self.n_harmonics, -1))
        level, cosine, sine = numbers.split([1, self.n_harmonics, self.n_harmonics], dim=1)
        return level[:, 0], cosine, sine

    def weight(self, shape: Tensor) -> Tensor:
        """Return the root of the squares that a unit of each number of (batch, shape) adds to a window, (shape,)."""
        n_levels = shape.shape[1] // (1 + 2 * self.n_harmonics)
        is_level = torch.arange(shape.shape[1], device=shape.device) < n_levels
        return torch.where(is_level, 1.0, 0.5).to(shape.dtype).mul(self.lookback).sqrt()

    def _steps(self, like: Tensor) -> Tensor:
        """Return the numbers of the steps, from the middle of the window, (time,)."""
        return torch.arange(self.lookback, device=like.device, dtype=like.dtype) - (self.lookback - 1) / 2.0

    def _numbers(self, like: Tensor) -> Tensor:
        """Return the numbers of the harmonics, (harmonic,)."""
        return torch.arange(1, self.n_harmonics + 1, device=like.device, dtype=like.dtype)

    def _tables(self) -> tuple[Tensor, Tensor]:
        """Return for each number of cycles what solves levels and amplitudes, and an orthonormal basis of the first.

        Shapes are (candidate, 1 + 2 harmonics, time) and (candidate, 2 leading, time).
        """
        cycles = self.cycles.double()
        angles = (2.0 * math.pi / self.lookback) * cycles[:, None, None] * self._steps(cycles)
        angles = angles * self._numbers(cycles)[:, None]
        basis = torch.cat([torch.ones_like(angles[:, :1]), angles.cos(), angles.sin()], dim=1)
        penalty = _PENALTY * (torch.arange(basis.shape[1], device=cycles.device) > 0)
        table = torch.linalg.solve(basis @ basis.transpose(1, 2) + penalty.to(basis).diag(), basis)
        first = angles[:, : min(_LEADING, self.n_harmonics)]
        leading = torch.cat([first.cos(), first.sin()], dim=1)
        leading = leading - leading.mean(2, keepdim=True)
        ridge = _SMALLEST * torch.eye(leading.shape[1], device=cycles.device, dtype=basis.dtype)
        root = torch.linalg.cholesky(leading @ leading.transpose(1, 2) + ridge)
        orthonormal = torch.linalg.solve_triangular(root, leading, upper=False)
        return table.float().contiguous(), orthonormal.float().contiguous()


def _with_tables(movement: Movement, _: object) -> None:
    """Compute the tables of a movement anew, once its candidates are read from a file."""
    movement.set_cycles(movement.cycles)
