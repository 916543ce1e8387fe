"""Where a model runs, and where its random draws come from."""

from collections.abc import Iterator
from contextlib import contextmanager

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
    if not isinstance(name, str) or not there.get(name.split(":", maxsplit=1)[0], False):
        raise ConfigError(f"device must be one of {[d for d, found in there.items() if found]} or 'auto', got {name!r}")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"device must be a name such as 'cuda' or 'cuda:1', got {name!r}") from error


@contextmanager
def own_random_state(seed: int) -> Iterator[None]:
    """Draw from ``seed`` within the block and leave the global random state, of all devices, as it was."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
