"""The forecast of a window with a block of another window's code.

With b come the classes, and so their effects on the rows, as in a what-if.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch

from divecast.data import Windows
from divecast.data.names import listed
from divecast.errors import ConfigError, warn_data
from divecast.explain.code import infer_code
from divecast.explain.counterfactuals.counterfactual import (
    Contrast,
    Counterfactual,
    Wanted,
    coded_factors,
    counterfactual_of,
)
from divecast.explain.counterfactuals.what_if import with_moved_effects
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode, batches
from divecast.types import Code

CodeBlock = Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class Swap:
    """What is taken from the other window.

    Attributes:
        block: ``b``, with the class probabilities; or ``a``.
        factors: take only the blocks of these factors from b; all if empty.
        labels: how both codes get their classes.

    Raises:
        ConfigError: ``factors`` is no sequence of names.
    """

    block: CodeBlock = "b"
    factors: Sequence[str] = ()
    labels: LabelMode = "known"

    def __post_init__(self) -> None:
        if isinstance(self.factors, str) or not isinstance(self.factors, Sequence):
            raise ConfigError(
                expected="a sequence of factors",
                found=repr(self.factors),
                hint=f"Write [{self.factors!r}]" if isinstance(self.factors, str) else None,
                argument="factors",
            )

    def columns(self, fitted: FittedModel) -> tuple[int, ...]:
        """Return the numbers of the factors whose block is taken.

        Raises:
            ConfigError: there is no such block or factor in the code.
        """
        names = coded_factors(fitted)
        if self.block not in ("a", "b"):
            raise ConfigError(expected='block "a" or "b"', found=repr(self.block), argument="block")
        unknown = [name for name in self.factors if name not in names]
        if unknown:
            raise ConfigError(f"The model has no factor {unknown[0]!r}", expected=listed(names), argument="factors")
        if self.block == "a" and self.factors:
            raise ConfigError(
                "Factors own blocks of b, so they do not apply to block a",
                found=listed(self.factors),
                hint="Leave out {factors}",
                argument="factors",
            )
        if self.block == "b" and not names:
            raise ConfigError(
                "The code of this model has no labels, so it has no block b",
                hint='Pass "a" as {block}',
                argument="block",
            )
        if self.block == "a":
            return ()
        return tuple(i for i, name in enumerate(names) if name in self.factors or not self.factors)


def swap_windows(
    fitted: FittedModel, windows: Windows, others: Windows, swap: Swap, levels: Sequence[float]
) -> Counterfactual:
    """Forecast windows as they are and with code of others.

    Args:
        fitted: the model.
        windows: the windows to forecast.
        others: the windows whose code is taken: as many, or one for all.
        swap: what is taken.
        levels: probabilities of the quantiles.

    Raises:
        ConfigError: the windows do not pair, or there is no such block.
    """
    if len(others) == 1:
        others = others.subset([0] * len(windows))
    if len(others) != len(windows):
        raise ConfigError(
            expected=f"one other window, or one for each of the {len(windows)}",
            found=str(len(others)),
            argument="other",
        )
    if swap.block == "a" and not fitted.network.forecaster_reads_a:
        warn_data(
            "The forecaster of this model does not read a, so another a changes the reconstructed window alone",
            hint='Fit it with {model.code.forecaster} "code" to forecast with a as well',
        )
    return counterfactual_of(fitted, windows, _contrasts(fitted, windows, others, swap, Wanted(levels)), levels)


@torch.inference_mode()
def with_code_of(fitted: FittedModel, code: Code, other: Code, swap: Swap) -> Code:
    """Return a code with a block of another code."""
    taken = swap.columns(fitted)
    if swap.block == "a":
        return replace(code, a=other.a)
    own_blocks, other_blocks = (fitted.network.marginal.blocks(source.b) for source in (code, other))
    b = torch.cat([other_blocks[i] if i in taken else block for i, block in enumerate(own_blocks)], dim=1)
    classes = tuple(other.classes[i] if i in taken else own for i, own in enumerate(code.classes))
    return replace(code, b=b, classes=classes)


def _contrasts(fitted: FittedModel, windows: Windows, others: Windows, swap: Swap, asked: Wanted) -> Iterator[Contrast]:
    taken = swap.columns(fitted)
    for (piece, batch, contrast), other_batch in zip(
        asked.pieces(fitted, windows), batches(fitted, others), strict=True
    ):
        own, other = (infer_code(fitted, part, swap.labels) for part in (batch, other_batch))
        changed = with_code_of(fitted, own, other, swap)
        if taken:
            columns = [classes.argmax(1) for classes in other.classes]
            kept = torch.full_like(columns[0], -1)
            wanted = torch.stack([each if i in taken else kept for i, each in enumerate(columns)], dim=1)
            moved = with_moved_effects(piece, batch, own, wanted)
        else:
            moved = batch
        yield contrast(batch, own, changed, moved)
