"""Inert stand-ins for everything an honest pickle of numpy arrays and pandas frames names.

They keep what the file gives them and are opened afterwards; states as numpy 1 and 2, pandas 1.1, 1.5 and 3 write them.
"""

import math
import pickle
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np
from numpy.typing import NDArray

_PLAIN = (str, int, float, bool, type(None))  # cells of an array of objects
_TEXT_BYTES, COLUMN_BYTES = 56, 256  # about what a cell of text takes, and a column of a frame but for its cells
_left: ContextVar[int] = ContextVar("bytes that may still be made", default=0)


class Refused(pickle.UnpicklingError):
    """The pickle names something that is not admitted."""


@contextmanager
def allowing(n_bytes: int) -> Iterator[None]:
    """Let the stand-ins within make so many bytes and no more: a pickle can have one part of it copied many times."""
    token = _left.set(n_bytes)
    try:
        yield
    finally:
        _left.reset(token)


def spend(n_bytes: int) -> None:
    """Note that so many bytes are about to be made (ValueError: no more are allowed)."""
    _left.set(_left.get() - n_bytes)
    if _left.get() < 0:
        raise ValueError("it makes far more of its content than its size can call for")


class _Sealed(type):
    """A class that a pickle cannot change by setting attributes on it."""

    def __setattr__(cls, name: str, value: object) -> None:
        raise Refused(f"a change of {cls.__name__}")


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
            raise Refused(f"an array of kind {code!r}")
        made = object.__new__(cls)
        made.code = code
        return made

    def __setstate__(self, state: Any) -> None:
        order = state[1]
        if any(part is not None for part in state[2:5]):
            raise Refused("an array of records")
        self.code = (order if order in ("<", ">") else "=") + self.code.lstrip("<>|=")

    def array(self, raw: Any, shape: Any) -> NDArray[Any]:
        """The flat array of ``raw`` bytes, or of a list of plain cells where the kind is object."""
        if len(shape) > 64 or not all(type(length) is int and 0 <= length < 2**63 for length in shape):
            raise ValueError("the shape of an array is no sequence of up to 64 lengths")
        size = math.prod(shape)
        if self.code.lstrip("<>|=").startswith("O"):
            return _cells(raw, size)
        kind = np.dtype("u1" if self.code.endswith("b1") else self.code)
        if not isinstance(raw, bytes | bytearray) or len(raw) != size * kind.itemsize:
            raise ValueError(f"an array of kind {self.code} has other bytes than its shape calls for")
        spend(len(raw))
        values = np.frombuffer(bytes(raw), kind)
        return values.astype(bool) if self.code.endswith("b1") else values.astype(kind.newbyteorder("="), copy=False)


def _cells(raw: Any, size: int) -> NDArray[Any]:
    if not isinstance(raw, list) or len(raw) != size or not all(type(cell) in _PLAIN for cell in raw):
        raise ValueError("an array of objects holds other things than text and numbers")
    spend(8 * size)
    cells = np.empty(size, dtype=object)
    cells[:] = raw
    return cells


class Array(_Inert):
    """Stands for numpy.ndarray."""

    __slots__ = ("values",)
    values: NDArray[Any]

    def __setstate__(self, state: Any) -> None:
        shape, dtype, fortran, raw = state[-4:]
        self.values = dtype.array(raw, shape).reshape(shape, order="F" if fortran else "C")


class _Reconstruct(_Inert):
    """numpy's ``_reconstruct(type, shape, kind)``: an array that gets its state later."""

    def __new__(cls, *_args: Any) -> Any:
        return object.__new__(Array)


class _FromBuffer(_Inert):
    """numpy's ``_frombuffer(bytes, dtype, shape, order, axes)``: a contiguous array, protocol 5."""

    def __new__(cls, raw: Any, dtype: Any, shape: Any, order: str, axes: Any = None) -> Any:
        made = object.__new__(Array)
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
        if not isinstance(content, str | bytes | bytearray):
            raise Refused(f"bytes of {type(content).__name__}")
        spend(len(content))
        return content.encode("latin1") if isinstance(content, str) else bytes(content)


class _Slice(_Inert):
    """``slice`` of whole numbers."""

    def __new__(cls, *args: Any) -> Any:
        if not all(arg is None or type(arg) is int for arg in args):
            raise Refused("a slice of other things than numbers")
        return slice(*args)


class _Rebuild(_Inert):
    """``copyreg._reconstructor(cls, object, None)`` of protocols 0 and 1."""

    def __new__(cls, kind: Any, *_args: Any) -> Any:
        if not (isinstance(kind, type) and issubclass(kind, _Inert)):
            raise Refused("an object of another kind")
        return object.__new__(kind)


class _Text(_Inert):
    """Arrow's ``_restore_array((type, length, nulls, offset, buffers, ...))`` of text."""

    __slots__ = ("cells",)
    cells: list[str | None]

    def __new__(cls, parts: Any) -> Any:
        kind, length, _, first, (valid, places, content) = parts[:5]
        spend(_TEXT_BYTES * max(length, 0) + len(valid or b"") + len(content or b""))
        edges = np.frombuffer(places, "<i8" if kind.name == "large_string" else "<i4")[first : first + length + 1]
        if len(edges) != length + 1 or (np.diff(edges) < 0).any():
            raise ValueError("text has other bounds than its number of cells")
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
            raise Refused("an Arrow array of other cells than text")
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

    def names(self, n: int) -> list[str]:
        names = self.data.values.tolist() if hasattr(self.data, "values") else self.data
        # Text of anything else may be without end: a list can hold another twice, that a third twice, and so on.
        if len(names) != n or not all(type(name) in (str, int, float) for name in names):
            raise ValueError(f"a frame of {n} columns has other names than as many texts or numbers")
        return [str(name) for name in names]


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
        spend(COLUMN_BYTES * len(parts["blocks"]))
        self.axes = parts["axes"]
        self.blocks = [_Block(block["values"], block["mgr_locs"]) for block in parts["blocks"]]


class DataFrame(_Inert):
    """Stands for pandas' DataFrame."""

    __slots__ = ("manager",)
    manager: _Manager

    def __setstate__(self, state: Any) -> None:
        self.manager = state["_mgr"] if "_mgr" in state else state["_data"]


ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): Array,
    ("numpy", "dtype"): _Dtype,
    **{(f"numpy.{core}.multiarray", "_reconstruct"): _Reconstruct for core in ("core", "_core")},
    **{(f"numpy.{core}.multiarray", "scalar"): _Scalar for core in ("core", "_core")},
    **{(f"numpy.{core}.numeric", "_frombuffer"): _FromBuffer for core in ("core", "_core")},
    ("_codecs", "encode"): _Bytes,
    **{(module, "slice"): _Slice for module in ("builtins", "__builtin__")},
    **{(module, name): _Bytes for module in ("builtins", "__builtin__") for name in ("bytes", "bytearray")},
    **{(module, "object"): _Inert for module in ("builtins", "__builtin__")},
    **{(module, "_reconstructor"): _Rebuild for module in ("copyreg", "copy_reg")},
    **{(module, "DataFrame"): DataFrame for module in ("pandas", "pandas.core.frame")},
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
