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

import numpy as np
from numpy.typing import NDArray

from divecast.errors import DataError
from divecast.reproduce.standins import ADMITTED, COLUMN_BYTES, Array, DataFrame, Refused, allowing, spend

Frame = Mapping[str, NDArray[Any]]
_MARK, _TEXTS = pickletools.markobject, (pickletools.pyunicode, pickletools.pybytes_or_str)
_SETS = ("EMPTY_SET", "ADDITEMS", "FROZENSET")
_PUTS, _GETS = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), ("GET", "BINGET", "LONG_BINGET")
_KEYS = {"SETITEM": slice(1, None, 2), "SETITEMS": slice(1, None, 2), "DICT": slice(None, None, 2)}


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
        _check_program(content)
        with allowing(16 * len(content) + 2**20):
            found = _Unpickler(io.BytesIO(content)).load()
            if not isinstance(found, tuple | list):
                raise DataError(f"expected a pickled tuple in {path.name}, got {type(found).__name__.lstrip('_')}")
            return tuple(_open(item) for item in found)
    except Refused as error:
        raise DataError(
            f"refused to read {path.name}: it asks for {error!s:.240}, and only arrays and tables of numpy and pandas "
            "are read; a data file has no need of that, so do not open it by other means unless you trust who made it"
        ) from error
    except DataError:
        raise
    except Exception as error:  # a damaged pickle can raise anything, out of whichever class here is given nonsense
        raise DataError(
            f"expected a whole pickle of arrays and tables in {path.name}, cannot read it: {error!s:.240}"
        ) from error


def _check_program(content: bytes) -> None:
    """Refuse what the unpickler itself, without any function, would take memory or time without bounds for.

    A place in the memo is memory up to there, so it must be within the file's size. Keys of a dict must be text: a
    tuple that holds another twice, that a third twice, and so on, takes for ever to hash. The stack is followed by the
    kind of what lies on it. Lengths of texts and bytes are checked by ``genops``; ``allowing`` bounds the stand-ins.
    """
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[Any, Any] = {}
    for opcode, argument, _ in pickletools.genops(content):
        if opcode.name in _SETS:
            raise Refused("a set")
        if opcode.name == "MARK":
            marks.append(len(stack))
        elif opcode.name in _PUTS:
            place = len(memo) if argument is None else argument
            if place > len(content):
                raise ValueError("a number out of proportion to the file")
            memo[place] = stack[-1]
        elif opcode.name in _GETS:
            stack.append(memo[argument])
        else:
            taken = _take(stack, marks, opcode)
            if not all(key in _TEXTS for key in taken[_KEYS.get(opcode.name, slice(0))]):
                raise Refused("a dict with other keys than text")
            stack += opcode.stack_after


def _take(stack: list[Any], marks: list[int], opcode: pickletools.OpcodeInfo) -> list[Any]:
    """Take what ``opcode`` takes off the stack, and return it."""
    if opcode.name == "POP" and marks and marks[-1] == len(stack):
        marks.pop()
        return []
    takes = opcode.stack_before
    below = takes.index(_MARK) if _MARK in takes else len(takes)
    start = (marks.pop() if _MARK in takes else len(stack)) - below
    if start < 0:
        raise ValueError("it takes more than there is")
    taken = stack[start:]
    del stack[start:]
    return taken


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
        return _columns(item)
    return item.values if isinstance(item, Array) else item


def _columns(frame: DataFrame) -> Frame:
    """Columns by name, each (row,); the index of rows is not kept."""
    spend(COLUMN_BYTES * len(frame.manager.blocks))
    # Text is an array of one dimension, every other block one of rows that are columns.
    blocks = [(np.atleast_2d(block.values.values), block.placement) for block in frame.manager.blocks]
    n = sum(len(rows) for rows, _ in blocks)
    spend(COLUMN_BYTES * n)
    names, found = frame.manager.axes[0].names(n), {}
    for rows, where in blocks:
        places = range(n)[where] if isinstance(where, slice) else where.values.tolist()
        found.update({names[place]: column for place, column in zip(places, rows, strict=True)})
    return {name: found[name] for name in names}
