"""The forecast of a window with a part of another window's code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch

from divecast.data import Windows
from divecast.errors import ConfigError
from divecast.explain.code import infer_code
from divecast.explain.counterfactuals.counterfactual import (
    Contrast,
    Counterfactual,
    coded_factors,
    contrast,
    counterfactual_of,
)
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode, batches
from divecast.types import Code

CodeBlock = Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class Swap:
    """What is taken from the other window.

    Attributes:
        block: ``b``, with the class probabilities; or ``a``.
        factors: of b only these blocks; none named takes all.
    """

    block: CodeBlock = "b"
    factors: tuple[str, ...] = ()

    def columns(self, fitted: FittedModel) -> tuple[int, ...]:
        """Return the numbers of the factors whose block is taken.

        Raises:
            ConfigError: no such part, or no such factor in the code.
        """
        names = coded_factors(fitted)
        if self.block not in ("a", "b"):
            raise ConfigError(f'block must be "a" or "b", got {self.block!r}')
        unknown = [name for name in self.factors if name not in names]
        if unknown:
            raise ConfigError(f"expected factors of the model {list(names)}, got {unknown}")
        if self.block == "a" and self.factors:
            raise ConfigError(f'factors own blocks of b, so block="a" takes none, got {list(self.factors)}')
        if self.block == "b" and not names:
            raise ConfigError('expected a model with labels in its code, this one has none: swap block="a"')
        if self.block == "a":
            return ()
        return tuple(at for at, name in enumerate(names) if name in self.factors or not self.factors)


def as_names(factors: Sequence[str]) -> tuple[str, ...]:
    """Return names of factors, of which there may be none.

    Raises:
        ConfigError: they are no sequence of names.
    """
    if isinstance(factors, str) or not isinstance(factors, Sequence):
        raise ConfigError(f"expected a sequence of factors, got {factors!r}; write [{factors!r}]")
    return tuple(factors)


def swap_windows(
    fitted: FittedModel, pairs: tuple[Windows, Windows], what: Swap, mode: LabelMode, levels: Sequence[float]
) -> Counterfactual:
    """Forecast windows as they are and with code of others; arguments as in ``DeepDIVE.swap_codes``.

    Args:
        fitted: the model.
        pairs: the windows to forecast, and those whose code is taken: as many, or one for all.
        what: what is taken.
        mode: how the codes get their labels.
        levels: probabilities of the quantiles.

    Raises:
        ConfigError: the two do not pair, or there is nothing of that kind to swap.
    """
    windows, others = pairs
    if len(others) == 1:
        others = others.subset([0] * len(windows))
    if len(others) != len(windows):
        raise ConfigError(f"expected one other window, or one for each of the {len(windows)}, got {len(others)}")
    contrasts = _contrasts(fitted, (windows, others), what, mode, levels)
    return counterfactual_of(fitted, windows, contrasts, levels)


@torch.inference_mode()
def with_code_of(fitted: FittedModel, code: Code, other: Code, what: Swap) -> Code:
    """Put a part of another code into a code."""
    taken = what.columns(fitted)
    if what.block == "a":
        return replace(code, a=other.a)
    blocks, theirs = (list(fitted.network.marginal.blocks(each.b)) for each in (code, other))
    b = torch.cat([theirs[at] if at in taken else block for at, block in enumerate(blocks)], dim=1)
    classes = tuple(other.classes[at] if at in taken else share for at, share in enumerate(code.classes))
    return replace(code, b=b, classes=classes)


def _contrasts(
    fitted: FittedModel, pairs: tuple[Windows, Windows], what: Swap, mode: LabelMode, levels: Sequence[float]
) -> Iterator[Contrast]:
    for batch, other in zip(*(batches(fitted, windows) for windows in pairs), strict=True):
        own, theirs = infer_code(fitted, batch, mode), infer_code(fitted, other, mode)
        yield contrast(fitted, batch.x, (own, with_code_of(fitted, own, theirs, what)), levels)
