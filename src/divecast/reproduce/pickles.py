"""Arrays and tables out of a pickle file, with nothing run that the file names.

A pickle is a program: it names functions and has them called with arguments of its choice. Here each name it may use
stands for an inert class of this file, which keeps what it is given; any other name refuses the file. Neither numpy
nor pandas is handed to it: their own rebuilding trusts its input with memory. So pandas need not be there either, and
files of pandas 1 to 3 read alike.
"""

import math
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.errors import DataError

Frame = Mapping[str, NDArray[Any]]
_PLAIN = (str, int, float, bool, type(None))


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
        with path.open("rb") as file:
            found = _Unpickler(file).load()
        if not isinstance(found, tuple | list):
            raise DataError(f"expected a pickled tuple in {path.name}, got {type(found).__name__.lstrip('_')}")
        return tuple(_open(item) for item in found)
    except _Refused as error:
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


class _Refused(pickle.UnpicklingError):
    """The pickle names something that is not admitted."""


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise _Refused(f"{module}.{name}") from None

    def persistent_load(self, pid: Any) -> Any:
        raise _Refused(f"the object {pid!r} outside the file")


class _Sealed(type):
    """A class that a pickle cannot change by setting attributes on it."""

    def __setattr__(cls, name: str, value: object) -> None:
        raise _Refused(f"a change of {cls.__name__}")


class _Inert(metaclass=_Sealed):
    """Takes any arguments and any state, and keeps none."""

    __slots__ = ()

    def __new__(cls, *_args: Any) -> Any:
        return object.__new__(cls)

    def __setstate__(self, state: Any) -> None:
        pass


class _Dtype(_Inert):
    """Stands for numpy.dtype: truth, whole and real numbers, and objects; no records, sub-arrays or dates."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, code: str, *_args: Any) -> Any:
        if not re.fullmatch(r"[<>|=]?(b1|[iu][1248]|f[248]|O8?)", code):
            raise _Refused(f"an array of kind {code!r}")
        made = object.__new__(cls)
        made.code = code
        return made

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        if any(part is not None for part in state[2:5]):
            raise _Refused("an array of records")
        self.code = (order if order in ("<", ">") else "=") + self.code.lstrip("<>|=")

    def array(self, raw: Any, shape: Any) -> NDArray[Any]:
        """The flat array of ``raw`` bytes, or of a list of plain cells where the kind is object."""
        size = math.prod(shape)
        if self.code.lstrip("<>|=").startswith("O"):
            return _cells(raw, size)
        kind = np.dtype("u1" if self.code.endswith("b1") else self.code)
        if not isinstance(raw, bytes | bytearray) or len(raw) != size * kind.itemsize:
            raise ValueError(f"an array of shape {shape} and kind {self.code} has other bytes")
        values = np.frombuffer(bytes(raw), kind)
        return values.astype(bool) if self.code.endswith("b1") else values.astype(kind.newbyteorder("="))


def _cells(raw: Any, size: int) -> NDArray[Any]:
    if not isinstance(raw, list) or len(raw) != size or not all(type(cell) in _PLAIN for cell in raw):
        raise ValueError("an array of objects holds other things than text and numbers")
    cells = np.empty(size, dtype=object)
    cells[:] = raw
    return cells


class _Array(_Inert):
    """Stands for numpy.ndarray."""

    __slots__ = ("values",)
    values: NDArray[Any]

    def __setstate__(self, state: Any) -> None:
        shape, dtype, fortran, raw = state[-4:]
        self.values = dtype.array(raw, shape).reshape(shape, order="F" if fortran else "C")


class _Reconstruct(_Inert):
    """numpy's ``_reconstruct(type, shape, kind)``: an array that gets its state later."""

    def __new__(cls, *_args: Any) -> Any:
        return object.__new__(_Array)


class _FromBuffer(_Inert):
    """numpy's ``_frombuffer(bytes, dtype, shape, order, axes)``: a contiguous array, protocol 5."""

    def __new__(cls, raw: Any, dtype: Any, shape: Any, order: str, axes: Any = None) -> Any:
        made = object.__new__(_Array)
        flat = dtype.array(raw, shape).reshape(shape, order="F" if order == "F" else "C")
        made.values = flat if order != "K" or axes is None else flat.transpose(axes)
        return made


class _Scalar(_Inert):
    """numpy's ``scalar(dtype, bytes)``."""

    def __new__(cls, dtype: Any, raw: Any) -> Any:
        return dtype.array(raw, (1,))[0].item()


class _Bytes(_Inert):
    """bytearray(bytes), ``_codecs.encode(text, "latin1")`` of old protocols, and Arrow's py_buffer(bytes)."""

    def __new__(cls, *args: Any) -> Any:
        content = args[0] if args else b""
        if isinstance(content, str):
            return content.encode("latin1")
        if not isinstance(content, bytes | bytearray):
            raise _Refused(f"bytes of {type(content).__name__}")
        return bytes(content)


class _Rebuild(_Inert):
    """``copyreg._reconstructor(cls, object, None)`` of protocols 0 and 1."""

    def __new__(cls, kind: Any, *_args: Any) -> Any:
        if not (isinstance(kind, type) and issubclass(kind, _Inert)):
            raise _Refused(f"an object of {kind!r}")
        return object.__new__(kind)


class _Text(_Inert):
    """Arrow's ``_restore_array((type, length, nulls, offset, buffers, ...))`` of text."""

    __slots__ = ("cells",)
    cells: list[str | None]

    def __new__(cls, parts: Any) -> Any:
        kind, length, _, first, (valid, places, content) = parts[:5]
        edges = np.frombuffer(places, "<i8" if kind.name == "large_string" else "<i4")[first : first + length + 1]
        held = np.ones(length, bool)
        if valid is not None:
            held = np.unpackbits(np.frombuffer(valid, "u1"), bitorder="little")[first : first + length] > 0
        letters, made = content or b"", object.__new__(cls)
        spans = zip(held.tolist(), edges[:-1].tolist(), edges[1:].tolist(), strict=True)
        made.cells = [letters[a:b].decode() if given else None for given, a, b in spans]
        return made


class _TextKind(_Inert):
    """Arrow's ``type_for_alias(name)``."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str) -> Any:
        if name not in ("string", "large_string"):
            raise _Refused(f"an Arrow array of {name}")
        made = object.__new__(cls)
        made.name = name
        return made


class _TextArray(_Inert):
    """Stands for pandas' ArrowStringArray."""

    __slots__ = ("values",)
    values: NDArray[Any]

    def __setstate__(self, state: Any) -> None:
        cells = state["_pa_array"].cells
        self.values = _cells(cells, len(cells))


class _NewIndex(_Inert):
    """Pandas' ``_new_Index(cls, parts)``; the index of rows of a frame is not kept."""

    __slots__ = ("data",)
    data: Any

    def __new__(cls, _kind: Any, parts: Any) -> Any:
        made = object.__new__(cls)
        # A range as column names, such as of a frame made from an array.
        made.data = parts["data"] if "data" in parts else range(parts["start"], parts["stop"], parts["step"])
        return made

    @property
    def names(self) -> list[str]:
        return [str(name) for name in getattr(self.data, "values", self.data)]


class _Block(_Inert):
    """Pandas' ``_unpickle_block(values, placement, ndim)``."""

    __slots__ = ("placement", "values")
    values: Any
    placement: Any

    def __new__(cls, values: Any, placement: Any, *_args: Any) -> Any:
        made = object.__new__(cls)
        made.values, made.placement = values, placement
        return made


class _Manager(_Inert):
    """Stands for pandas' BlockManager: made whole by pandas since 1.3, given its state by older ones."""

    __slots__ = ("axes", "blocks")
    blocks: Any
    axes: Any

    def __new__(cls, blocks: Any = (), axes: Any = ()) -> Any:
        made = object.__new__(cls)
        made.blocks, made.axes = blocks, axes
        return made

    def __setstate__(self, state: Any) -> None:
        parts = state[3]["0.14.1"]
        self.axes = parts["axes"]
        self.blocks = [_Block(block["values"], block["mgr_locs"]) for block in parts["blocks"]]


class _DataFrame(_Inert):
    """Stands for pandas' DataFrame."""

    __slots__ = ("manager",)
    manager: _Manager

    def __setstate__(self, state: Any) -> None:
        self.manager = state["_mgr"] if "_mgr" in state else state["_data"]

    def columns(self) -> dict[str, NDArray[Any]]:
        names, found = self.manager.axes[0].names, {}
        for block in self.manager.blocks:
            where = block.placement
            places = range(len(names))[where] if isinstance(where, slice) else where.values.tolist()
            rows = block.values.values
            for place, column in zip(places, rows if rows.ndim == 2 else rows[None], strict=True):
                found[names[place]] = column
        return {name: found[name] for name in names}


def _open(item: Any) -> Any:
    if isinstance(item, _DataFrame):
        return item.columns()
    return item.values if isinstance(item, _Array) else item


_ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _FromBuffer for core in ("core", "_core")},
    ("_codecs", "encode"): _Bytes,
    **{(module, "slice"): slice for module in ("builtins", "__builtin__")},
    **{(module, "bytearray"): _Bytes for module in ("builtins", "__builtin__")},
    **{(module, "object"): _Inert for module in ("builtins", "__builtin__")},
    **{(module, "_reconstructor"): _Rebuild for module in ("copyreg", "copy_reg")},
    **{(module, "DataFrame"): _DataFrame for module in ("pandas", "pandas.core.frame")},
    ("pandas.core.internals.managers", "BlockManager"): _Manager,
    ("pandas._libs.internals", "_unpickle_block"): _Block,
    ("pandas.core.indexes.base", "_new_Index"): _NewIndex,
    **{(module, "Index"): _Inert for module in ("pandas", "pandas.core.indexes.base")},
    **{(module, "RangeIndex"): _Inert for module in ("pandas", "pandas.core.indexes.range")},
    **{("pandas.core.indexes.numeric", f"{kind}Index"): _Inert for kind in ("Int64", "UInt64", "Float64")},
    ("pandas.arrays", "ArrowStringArray"): _TextArray,
    ("pandas", "StringDtype"): _Inert,
    ("pyarrow.lib", "_restore_array"): _Text,
    ("pyarrow.lib", "type_for_alias"): _TextKind,
    ("pyarrow.lib", "py_buffer"): _Bytes,
}
