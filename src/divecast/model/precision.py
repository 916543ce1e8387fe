"""Sums that mixed precision would round."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch


def full_precision(device: str) -> AbstractContextManager[Any]:
    """Return a context without mixed precision."""
    return torch.autocast(device, enabled=False) if torch.is_autocast_enabled(device) else nullcontext()
