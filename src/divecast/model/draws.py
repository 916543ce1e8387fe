"""Random draws for a share of a batch: the rows that a draw for the whole batch has.

A batch that is divided among processes must give the same losses as the whole batch, including noise. So every draw is
made for the whole batch, from the same random state on each process, and only the rows of the share are used. Noise
then costs each process as much as for the whole batch, which is little compared with the layers. The layers need no
change.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows ``start`` to ``stop`` (excluded) of a batch of ``total`` rows."""

    start: int
    stop: int
    total: int

    def __len__(self) -> int:
        """Number of rows."""
        return self.stop - self.start

    def piece(self, first: int, last: int) -> "Rows":
        """Return these rows within the piece ``first`` to ``last`` (excluded) of the whole batch."""
        start, stop = (min(max(row, first), last) - first for row in (self.start, self.stop))
        return Rows(start, stop, last - first)

    def of(self, whole: Tensor) -> Tensor:
        """Return these rows of a tensor of the whole batch."""
        return whole[self.start : self.stop]


_DRAWN: ContextVar[Rows | None] = ContextVar("rows of the current draws", default=None)


@contextmanager
def drawn_for(rows: Rows) -> Iterator[None]:
    """Within the block, draw ``len(rows)`` rows by drawing all ``rows.total`` and using these.

    Raises:
        RuntimeError: the first axis of a draw is not that of the rows, or the function of the draw is not supported.
    """
    if len(rows) == rows.total:
        yield
        return
    before = _DRAWN.set(rows)
    try:
        with _WholeDraws():  # type: ignore[no-untyped-call]
            yield
    finally:
        _DRAWN.reset(before)


def in_pieces(tensors: Sequence[Tensor], most: int) -> Iterator[tuple[Tensor, ...]]:
    """Yield pieces of tensors with at most ``most`` rows; use each before taking the next.

    The pieces of a share are those of the whole batch, including empty ones, so the draws have the same order.
    """
    rows = _DRAWN.get()
    if rows is None:
        yield from zip(*(tensor.split(most) for tensor in tensors), strict=True)
        return
    pieces = [rows.piece(first, min(first + most, rows.total)) for first in range(0, rows.total, most)]
    parts = (tensor.split([len(piece) for piece in pieces]) for tensor in tensors)
    for piece, *part in zip(pieces, *parts, strict=True):
        before = _DRAWN.set(piece)
        try:
            yield tuple(part)
        finally:
            _DRAWN.reset(before)


class _WholeDraws(TorchDispatchMode):
    """Replaces draws by rows of draws for the whole batch."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        rows, kwargs = _DRAWN.get(), kwargs or {}
        if rows is None or torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **kwargs)
        first, *others = args

        def draw(like: Any) -> Any:
            return func(like, *others, **kwargs)

        return _some_of(func, first, rows, draw)


def _some_of(func: Any, first: Any, rows: Rows, draw: Callable[[Any], Any]) -> Any:
    """Return the rows of a draw whose first argument, ``first``, is a shape or a tensor."""
    shape = first.shape if isinstance(first, Tensor) else first
    if not len(shape) or shape[0] != len(rows):
        raise RuntimeError(f"Expected a draw for {len(rows)} windows, and {func} draws the shape {tuple(shape)}")
    if not isinstance(first, Tensor):
        return rows.of(draw([rows.total, *shape[1:]]))
    name = func.overloadpacket.__name__
    whole = _whole_like(first, rows.total)
    if name.endswith("_"):
        return first.copy_(rows.of(draw(whole)))
    if name.endswith("_like"):
        return rows.of(draw(whole))
    raise RuntimeError(f"{func} cannot be drawn for a share of a batch. Use rand, randn or an in-place function")


def _whole_like(some: Tensor, n_rows: int) -> Tensor:
    """Return an empty tensor of more rows with the same order of axes in memory, in which draws fill it."""
    strides = some.stride()
    order = sorted(range(some.ndim), key=lambda axis: -strides[axis])
    shape = [n_rows, *some.shape[1:]]
    return some.new_empty([shape[axis] for axis in order]).permute([order.index(axis) for axis in range(some.ndim)])
