"""Arrays of numbers as text that a page can hold: whole numbers of one or two bytes, one scale a channel."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

DIGITS = 5
"""Significant digits of single numbers in the page."""


@dataclass(frozen=True, slots=True)
class Packed:
    """An array whose values are ``low + step * code``, low and step by the last axis; the highest code is NaN.

    Attributes:
        shape: of the array.
        bits: 8 or 16, of a code.
        low: lowest value of each place of the last axis.
        step: distance of two codes; the error is half of it at most, 1/131068 of the range for 16 bits.
        data: base64 of the codes, little-endian, the last axis running fastest.
    """

    shape: tuple[int, ...]
    bits: Literal[8, 16]
    low: tuple[float, ...]
    step: tuple[float, ...]
    data: str


def pack(values: NDArray[Any], bits: Literal[8, 16] = 16) -> Packed:
    """Pack an array of one axis or more; what is not finite becomes NaN."""
    array = np.asarray(values, dtype=np.float64)
    rows = array.reshape(-1, array.shape[-1])
    seen = np.isfinite(rows)
    low = np.where(seen, rows, np.inf).min(axis=0, initial=np.inf)
    high = np.where(seen, rows, -np.inf).max(axis=0, initial=-np.inf)
    low, high = np.where(np.isfinite(low), low, 0.0), np.where(np.isfinite(high), high, 0.0)
    missing = 2**bits - 1
    step = (high - low) / (missing - 1)
    scaled = np.divide(rows - low, step, out=np.zeros_like(rows), where=seen & (step > 0))
    codes = np.where(seen, np.rint(scaled), missing).astype("<u1" if bits == 8 else "<u2")
    return Packed(array.shape, bits, tuple(low.tolist()), tuple(step.tolist()), b64encode(codes.tobytes()).decode())


def number(value: Any) -> float | None:
    """Round a number for the page; None where it is not finite."""
    found = float(value)
    return float(f"{found:.{DIGITS}g}") if np.isfinite(found) else None


def numbers(values: NDArray[Any]) -> list[Any]:
    """Round every number of an array, as nested lists."""
    return [numbers(each) if np.ndim(each) else number(each) for each in values]
