"""Conversion to values that JSON can represent."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def plain(value: Any, digits: int | None = None) -> Any:
    """Convert a value for JSON: non-finite numbers become None, other types text.

    Args:
        value: numbers, text, arrays, or mappings and sequences of them.
        digits: significant digits to which floats are rounded; None keeps all.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): plain(item, digits) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, digits) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if digits is None else float(f"{value:.{digits}g}")
    return value if value is None or isinstance(value, bool | int | str) else str(value)
