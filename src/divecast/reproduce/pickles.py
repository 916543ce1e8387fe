"""Arrays and tables out of a pickle file, with nothing run that the file names.

A pickle is a program: it names functions and has them called with arguments of its choice. Here each name it may use
stands for an inert class of ``standins``, which keeps what it is given; any other name refuses the file. Neither numpy
nor pandas is handed to it: their own rebuilding trusts its input with memory. So pandas need not be there either, and
files of pandas 1 to 3 read alike.
"""

import io
import pickle
import pickletools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from divecast.errors import DataError
from divecast.reproduce.standins import ADMITTED, Array, DataFrame, Refused

Frame = Mapping[str, NDArray[Any]]


def load_pickle(path: Path) -> tuple[Any, ...]:
    """Read a pickled tuple or list of numpy arrays, pandas frames and plain values.

    Args:
        path: the file.

    Returns:
        The items: arrays (number, truth and object kinds), frames as columns by name, anything else as it is.

    Raises:
        DataError: the file names anything but numpy and pandas containers, is damaged, or holds something else.
    """
    try:
        content = path.read_bytes()
        _check_sizes(content)
        found = _Unpickler(io.BytesIO(content)).load()
        if not isinstance(found, tuple | list):
            raise DataError(f"expected a pickled tuple in {path.name}, got {type(found).__name__.lstrip('_')}")
        return tuple(_open(item) for item in found)
    except Refused as error:
        raise DataError(
            f"refused to read {path.name}: it asks for {error}, and only arrays and tables of numpy and pandas are "
            "read; a data file has no need of that, so do not open it by other means unless you trust who made it"
        ) from error
    except DataError:
        raise
    except Exception as error:  # a damaged pickle can raise anything, out of whichever class here is given nonsense
        raise DataError(
            f"expected a whole pickle of arrays and tables in {path.name}, cannot read it: {error}"
        ) from error


def _check_sizes(content: bytes) -> None:
    """Refuse what asks for more memory than the file's own size can call for; lengths are checked by ``genops``."""
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name.endswith("PUT") and isinstance(argument, int) and argument > len(content):
            raise ValueError("a number out of proportion to the file")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return ADMITTED[module, name]
        except KeyError:
            raise Refused(f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise Refused(f"an object outside the file, by {type(pid).__name__}")


def _open(item: Any) -> Any:
    if isinstance(item, DataFrame):
        return item.columns()
    return item.values if isinstance(item, Array) else item
