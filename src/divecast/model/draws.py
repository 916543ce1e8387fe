"""Random draws for a share of a batch: the very rows that the whole batch would draw.

A batch cut over processes has to give the losses it gives uncut, noise included. So whatever is drawn for the share is
drawn for the whole batch, from the same random state, and the share's rows are taken: noise costs each process as much
as the whole batch's, which is little beside the layers. No layer needs to know.
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
    """Rows ``start`` to ``stop`` (half open) out of ``total``."""

    start: int
    stop: int
    total: int

    def __len__(self) -> int:
        """Number of rows."""
        return self.stop - self.start

    def piece(self, first: int, last: int) -> "Rows":
        """Return which rows of ``first`` to ``last`` of the whole are among these."""
        start, stop = (min(max(at, first), last) - first for at in (self.start, self.stop))
        return Rows(start, stop, last - first)

    def of(self, whole: Tensor) -> Tensor:
        """Return these rows of a tensor of all."""
        return whole[self.start : self.stop]


_DRAWN: ContextVar[Rows | None] = ContextVar("rows that are drawn for", default=None)


@contextmanager
def drawn_for(rows: Rows) -> Iterator[None]:
    """Within the block, take what is drawn for tensors of ``len(rows)`` rows from draws for all ``rows.total``.

    Raises:
        RuntimeError: something is drawn whose first axis is not that of the rows, or by a function unknown here.
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
    """Yield tensors ``most`` rows at a time, to be worked on before the next is asked for.

    The pieces of a share are those of its whole batch, the empty ones too: so they draw the same noise in turn.
    """
    rows = _DRAWN.get()
    if rows is None:
        yield from zip(*(each.split(most) for each in tensors), strict=True)
        return
    pieces = [rows.piece(at, min(at + most, rows.total)) for at in range(0, rows.total, most)]
    parts = (each.split([len(piece) for piece in pieces]) for each in tensors)
    for piece, *part in zip(pieces, *parts, strict=True):
        before = _DRAWN.set(piece)
        try:
            yield tuple(part)
        finally:
            _DRAWN.reset(before)


class _WholeDraws(TorchDispatchMode):
    """Draws for all rows and hands out some."""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        rows, kwargs = _DRAWN.get(), kwargs or {}
        if rows is None or torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **kwargs)
        with self:  # a function made of others, such as dropout in inference mode
            result = func.decompose(*args, **kwargs)
        if result is not NotImplemented:
            return result
        first, *others = args

        def draw(like: Any) -> Any:
            return func(like, *others, **kwargs)

        return _some_of(func, first, rows, draw)


def _some_of(func: Any, first: Any, rows: Rows, draw: Callable[[Any], Any]) -> Any:
    """Return the rows of a draw whose first argument is ``first``: a shape, or a tensor of the shape."""
    shape = first.shape if isinstance(first, Tensor) else first
    if not len(shape) or shape[0] != len(rows):
        raise RuntimeError(f"expected draws for {len(rows)} windows of a batch, {func} draws {tuple(shape)}")
    if not isinstance(first, Tensor):
        return rows.of(draw([rows.total, *shape[1:]]))
    name = func.overloadpacket.__name__
    whole = _whole_like(first, rows.total)
    if name.endswith("_"):
        return first.copy_(rows.of(draw(whole)))
    if name == "native_dropout":
        factors, kept = draw(whole.fill_(1.0))
        return first * rows.of(factors), rows.of(kept)
    if name.endswith("_like"):
        return rows.of(draw(whole))
    raise RuntimeError(f"{func} cannot be drawn for a share of a batch; draw with rand, randn or in place")


def _whole_like(some: Tensor, n_rows: int) -> Tensor:
    """Return an empty tensor of more rows whose axes lie in memory in the same order: draws fill memory in order."""
    strides = some.stride()
    order = sorted(range(some.ndim), key=lambda axis: -strides[axis])
    shape = [n_rows, *some.shape[1:]]
    return some.new_empty([shape[axis] for axis in order]).permute([order.index(axis) for axis in range(some.ndim)])
