"""Arrays as text in the page: base64 of integers of one or two bytes, with one scale per channel."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

DIGITS = 5
"""Significant digits of scalars in the page."""


@dataclass(frozen=True, slots=True)
class Packed:
    """An array with values ``low + step * integer``; the highest integer stands for NaN.

    Attributes:
        shape: of the array.
        bits: 8 or 16 per value.
        low: lowest value, per index of the last axis.
        step: distance of two integers; the error is at most half of it, 1/131068 of the range for 16 bits.
        data: base64 of the integers, little-endian, the last axis running fastest.
    """

    shape: tuple[int, ...]
    bits: Literal[8, 16]
    low: tuple[float, ...]
    step: tuple[float, ...]
    data: str


def pack(values: NDArray[Any], bits: Literal[8, 16] = 16) -> Packed:
    """Pack an array of at least one axis; values that are not finite become NaN."""
    array = np.asarray(values, dtype=np.float64)
    rows = array.reshape(-1, array.shape[-1])
    finite = np.isfinite(rows)
    low = np.where(finite, rows, np.inf).min(axis=0, initial=np.inf)
    high = np.where(finite, rows, -np.inf).max(axis=0, initial=-np.inf)
    low, high = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)
    missing = 2**bits - 1
    step = (high - low) / (missing - 1)
    scaled = np.divide(rows - low, step, out=np.zeros_like(rows), where=finite & (step > 0))
    integers = np.where(finite, np.rint(scaled), missing).astype("<u1" if bits == 8 else "<u2")
    return Packed(array.shape, bits, tuple(low.tolist()), tuple(step.tolist()), b64encode(integers.tobytes()).decode())


def number(value: Any) -> float | None:
    """Return a number rounded for the page; None if it is not finite."""
    plain = float(value)
    return float(f"{plain:.{DIGITS}g}") if np.isfinite(plain) else None


def numbers(values: NDArray[Any]) -> list[Any]:
    """Return an array as nested lists of rounded numbers."""
    return [numbers(row) if np.ndim(row) else number(row) for row in values]
