"""Where a model runs."""

import torch

from divecast.errors import ConfigError


def pick_device(name: str) -> torch.device:
    """Return the device of that name; ``auto`` takes cuda, then mps, then cpu.

    Raises:
        ConfigError: there is no such device here.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(device for device in ("cuda", "mps", "cpu") if there[device]))
    if not there.get(name.split(":", maxsplit=1)[0], False):
        raise ConfigError(f"device must be one of {[d for d, found in there.items() if found]} or 'auto', got {name!r}")
    return torch.device(name)
