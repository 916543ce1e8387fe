"""Devices by name, memory that they lack, and random draws that leave the global random state as it was."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from zlib import crc32

import torch

from divecast.errors import ConfigError


def pick_device(name: str) -> torch.device:
    """Return the device of a name.

    Args:
        name: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto`` for the first available of cuda, mps and cpu.

    Raises:
        ConfigError: there is no such device on this machine.
    """
    is_available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    available = [kind for kind, is_there in is_available.items() if is_there]
    if name == "auto":
        return torch.device(available[0])
    if not isinstance(name, str) or name.split(":", maxsplit=1)[0] not in available:
        choices = ", ".join(f'"{kind}"' for kind in (*available, "auto"))
        raise ConfigError(f"device must be one of {choices}", found=repr(name), argument="device")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise ConfigError(
            'device must be a name such as "cuda" or "cuda:1"', found=repr(name), argument="device"
        ) from error


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error means that memory, of this machine or of its device, was not to be had."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    # torch has no class of its own for the memory of a CPU or of mps
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _NO_MEMORY)


_NO_MEMORY = "DefaultCPUAllocator", "backend out of memory"


def seed_draws(seed: int, device: torch.device) -> None:
    """Seed the draws of torch on a device and on the CPU.

    ``torch.manual_seed`` formats the stack for devices that are not there, a twentieth of a small training step.
    """
    if device.type == "cpu":
        torch.default_generator.manual_seed(seed)
    else:
        torch.manual_seed(seed)


Built = TypeVar("Built")


def stream_seed(seed: int, name: str) -> int:
    """Return the seed of a stream of draws: streams of other names are unrelated."""
    return (seed ^ crc32(name.encode()) * 0xD6E8FEB86659FD93) & (2**63 - 1)


def drawn(name: str, build: Callable[..., Built], *args: Any) -> Built:
    """Build a part of a network with weights from a stream of its own, of the name and the seed that torch has.

    So networks that differ in one part start from the same weights in all others.
    """
    seed = stream_seed(torch.initial_seed(), name)
    with torch.random.fork_rng(devices=()):
        torch.default_generator.manual_seed(seed)
        return build(*args)


@contextmanager
def own_random_state(seed: int) -> Iterator[None]:
    """Seed torch within the block and restore the global random state of all devices afterwards."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_available() else ()
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield
