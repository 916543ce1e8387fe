"""Honest pickles read alike whoever wrote them; hostile ones are refused and run nothing."""

import base64
import io
import pickle
import re
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from divecast.errors import DataError
from divecast.reproduce.pickles import load_pickle

# (np.arange(24.).reshape(3, 8), a frame, np.arange(3)) as pandas 1.1.5 with numpy 1.19.5, and pandas 1.5.3 with numpy
# 1.23.5, write them by protocol 4; base64 of the zlib-compressed file.
PANDAS_1_1 = (
    "eNqVlN1rE0EQwHO5XBqlYgWFCFKtX0SpR9IP9UFosUWwhydUX/rQHnvJNhuaXMLdnlqwUB/aGlhByfj/9E/yP9DZvQkkNVq6D/fbnduZnZ2PPSz8"
    "/ObkzFA3orTT23fr3Zi7nbQtWyyO2T6o6SDm9W6UyDitSxiAcsxGUFNRI9syAC93BGtWCCewCRXP8myvdAzCVk5D7ve4VsrvPof+1+y/rawX4Pv+"
    "xm8c5uPlJIT9tdPc2Pi1QpPVDCXiDPE6sUy8RbxDvEu8T3xIrBAfE+eJLrFKrBEXiIvEJeIy8Snx2SrgNdS1HsPIJFkkd2PW4aAurTPJXpn5AB59"
    "gQOoqELQacagZke3tyLJ44i1E7fDItbkcYIJeNnu1vfeZOtMvbKN+uVxxQb/xBM3ZAkedzmI+MfgtZahgritnOHcHNxAZ0DkhaPzJqaGWSvgYlrl"
    "345l6vOZTK3oTOnjr7yTcavBgzaPmlKAsiJQhQQlmOzuHnAdikKkb+ynx2hNzKmbkzyOWdTULm9qjrgpln3lJJLFEssLLctuD9AhnHCcWMYmR0f+"
    "vgfWH1bf1f5aOauerSw/h8TTLZOnf+lhBFojERAzkyq1bFFp5ok28RzLYW3E8pNJlm0rZ/3PyLwJvsUw4CH4OsomCHPino7ZgwlqR5mSqDJtdnmY"
    "jfMVahdVWLyowsKoAj8AVay6tSW3lpUpw/IAMauKoW6ABPCeWl78wNqp/rOuSthBAf7ELimFaQsfrQinTtJu1bl5lvRh+tRUe/JdbIgfAmvHy49J"
    "3xup7RXGpDtGmkd5JuVpYko6wCcNG1r30LC5gw6XzDTVNp7OpMS2PYB0Qg5tXPjDwsRxtox05k/A/QPD2s7J"
)
PANDAS_1_5 = (
    "eNqNk91q1EAUxzcfa1eptIIfK4iKiKwii7V+XQitXRE0uEK9KljDJDu7CZtMQjKhLlioF7ZdmLs9vk9fwvfwDfRMchZ36wqdi/lNkjlnzpn/Pwf2"
    "j592rRzqiijidNT2k4y34yKSIcsyNgK17GbcT0Qus8KXMAFVLzeCWhK9assEnNp36BgeHME2tBzDsZzGIQSWqvfkKOU6yOy/gPFx9d1Sxkvodrvv"
    "fuMoJ6cmwRt3Tmpz49cGLTYrNIirxMvEJvEG8TbxDvEu8R6xRXxAfEhsEx8R14iPievEJ8SnxGfE55uAbahLKcObyaub7Gcs5qDOv2aSvSnXE7j/"
    "DfahpWw3HmSgbs5uD4XkmWBR3o6ZYAOe5SjAVpT4w/fVM4a31FUKcaPQy//GgFpxC5GG/jDirqeDcHdgBnUtT7A0FQflQXFWxp1mdbk7VfkHxJOd"
    "qo2GV4ToAoFp63kU+rzUWcfrRI6p5+DW/9IvKzOcUTxYXaR30yCBTaJF1AUEOpl55tM+zPnr6yl/bejzdvHqDAYKjdrl1QkmWvWsJ3hrM/1sLerH"
    "MmoGlW459mxiCfrw5rzUPf6F522P5WiQC67ge+5b/U6L9knVp+vSKj20zwIpbXx4VfZ18aPMwh53Iy4GMsAeBSg7xzf46yVD0O0qW2j/dYtD3eln"
    "dX1RNRkTA13OtuZMCUHcRRtIlkk0AWaWSQp40bjguDDKnFxPaGv859HxuuSp+92YS1b2sItuYlKir/dBnXP7ERuUy2ssipK93O0VKXqNSeyEeRw9"
    "fZwX3r+NW/iwPnUwjtNG0iocQfsPhFSPFQ=="
)
SIGNAL = np.arange(24.0).reshape(3, 8)
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def read(content: bytes, folder: Path) -> tuple:
    file = folder / "x.pkl"
    file.write_bytes(content)
    return load_pickle(file)


def called(module: str, name: str, argument: str = "x") -> bytes:
    """``module.name(argument)``, the name found as protocol 4 does, dots within it included."""

    def text(word: str) -> bytes:
        return b"X" + struct.pack("<I", len(word.encode())) + word.encode()

    return b"\x80\x04" + text(module) + text(name) + b"\x93" + text(argument) + b"\x85R."


def old_call(module: str, name: str, argument: str) -> bytes:
    return f"c{module}\n{name}\n(V{argument}\ntR.".encode()


def same_frame(frame: dict) -> None:
    assert list(frame) == ["Stride_length", "n", "side", "ok"]
    assert frame["Stride_length"].tolist() == [101.0, 102.0, 103.0]
    assert frame["n"].tolist() == [1, 2, 3]
    assert frame["side"].tolist() == ["a", "b", None]
    assert frame["ok"].tolist() == [True, False, True]


@pytest.mark.parametrize("packed", [PANDAS_1_1, PANDAS_1_5], ids=["pandas 1.1", "pandas 1.5"])
def test_frames_of_old_pandas_need_no_pandas(packed, tmp_path):
    array, frame, index = read(zlib.decompress(base64.b64decode(packed)), tmp_path)
    assert np.array_equal(array, SIGNAL)
    same_frame(frame)
    assert index.tolist() == [0, 1, 2]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_frames_of_the_pandas_at_hand(protocol, tmp_path):
    pandas = pytest.importorskip("pandas")
    columns = {"Stride_length": [101.0, 102, 103], "n": [1, 2, 3], "side": ["a", "b", None], "ok": [True, False, True]}
    whole = pandas.DataFrame(columns)
    array, frame, cut, plain = read(pickle.dumps([SIGNAL, whole, whole[["n", "side"]][1:], 7], protocol), tmp_path)
    assert np.array_equal(array, SIGNAL)
    same_frame(frame)
    assert {name: column.tolist() for name, column in cut.items()} == {"n": [2, 3], "side": ["b", None]}
    assert plain == 7


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", ["f8", "f4", ">f4", "i2", ">i8", "u1", "?"])
def test_arrays_come_back_as_they_were(kind, protocol, tmp_path):
    whole = np.arange(24).reshape(2, 3, 4).astype(kind)
    variants = (whole, whole[:0], np.asfortranarray(whole), whole.transpose(1, 0, 2), whole[:, ::2], whole[0, 0, 1])
    found = read(pickle.dumps(variants, protocol), tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(found, variants, strict=True))
    assert found[0].dtype == whole.dtype.newbyteorder("=")


WRITES = "open('{}', 'w')"
CALLS = [
    ("posix", "system", "touch {}"),
    ("subprocess", "getoutput", "touch {}"),
    ("builtins", "eval", WRITES),
    ("builtins", "exec", WRITES),
    ("builtins", "__import__", "os"),
    ("builtins", "getattr", "os"),
    ("operator", "attrgetter", "__class__"),
    ("functools", "partial", "x"),
    ("io", "open", "{}"),
    ("types", "CodeType", "x"),
    ("pickle", "loads", "x"),
    ("pandas.io.pickle", "read_pickle", "{}"),
    ("pandas", "eval", "1"),
    ("numpy", "load", "{}"),
    ("numpy", "savetxt", "{}"),
    ("numpy", "memmap", "{}"),
    ("numpy.testing._private.utils", "runstring", WRITES),
    ("numpy.f2py.crackfortran", "getlincoef", WRITES),
    ("numpy", "core.multiarray._reconstruct.__globals__", "x"),
    ("numpy", "ndarray.tofile", "{}"),
    ("pandas.core.frame", "DataFrame.__init_subclass__", "x"),
    ("divecast.reproduce.standins", "ADMITTED", "x"),
]
BYTES = {
    "INST": b"(S'x'\nios\nsystem\n.",
    "a persistent id": b"Pwhatever\n.",
    "a binary persistent id": b"\x80\x02X\x01\x00\x00\x00aQ.",
    "an array of records": b"\x80\x04cnumpy\ndtype\nX\x03\x00\x00\x00V16\x85R.",
    "an object of no stand-in": b"ccopyreg\n_reconstructor\n(I7\nc__builtin__\nobject\nNtR.",
    "a slice of slices": b"c__builtin__\nslice\n(c__builtin__\nslice\n(NtRtR.",
    "a set": b"\x80\x04(\x8f(K\x01\x90t.",
    "a frozen set": b"\x80\x04((K\x01\x91t.",
}


@pytest.mark.parametrize("put", [called, old_call], ids=["protocol 4", "protocol 0"])
@pytest.mark.parametrize(("module", "name", "argument"), CALLS, ids=[f"{m}.{n}" for m, n, _ in CALLS])
def test_calls_are_refused_and_not_made(module, name, argument, put, tmp_path):
    marker = tmp_path / "ran"
    with pytest.raises(DataError, match=re.escape(f"refused to read x.pkl: it asks for {module}.{name}")):
        read(put(module, name, argument.format(marker)), tmp_path)
    assert not marker.exists()


@pytest.mark.parametrize("content", BYTES.values(), ids=BYTES)
def test_other_ways_out_are_refused(content, tmp_path):
    with pytest.raises(DataError, match=r"refused to read x\.pkl"):
        read(content, tmp_path)


@pytest.mark.parametrize("put", [called, old_call], ids=["protocol 4", "protocol 0"])
def test_the_attacks_are_real(put, tmp_path):
    marker = tmp_path / "ran"
    pickle.loads(put("posix", "system", f"touch {marker}"))  # noqa: S301 (the plain unpickler does make the call)
    assert marker.exists()


def array_of(dtype: bytes, shape: bytes, raw: bytes) -> bytes:
    """A tuple of one array, put together by hand: its kind, its shape and its content as opcodes."""
    return (
        b"\x80\x04(cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR(K\x01"
        + shape + b"cnumpy\ndtype\n(" + dtype + b"\x89\x88tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb"
        + b"\x89" + raw + b"tbt."
    )  # fmt: skip


def test_a_hand_made_array_of_objects_reads(tmp_path):
    (found,) = read(array_of(b"U\x02O8", b"K\x02\x85", b"](K\x07Ne"), tmp_path)
    assert found.tolist() == [7, None]


@pytest.mark.parametrize(
    ("dtype", "shape", "raw"),
    [
        (b"U\x02O8", b"K\x01\x85", b"C\x08AAAAAAAA"),  # bytes where numpy keeps pointers
        (b"U\x02O8", b"K\x01\x85", b"](cpandas\nDataFrame\ne"),  # an object that is no cell
        (b"U\x02f8", b"J\xff\xff\xff\x7f\x85", b"C\x08AAAAAAAA"),  # a shape beyond its content
        (b"U\x02f8", b"J\xff\xff\xff\xff\x85", b"C\x00"),  # a length below 0
        (b"U\x02f8", b"(" + b"K\x01" * 65 + b"t", b"C\x08AAAAAAAA"),  # more lengths than numpy has
        (b"U\x02f8", b"(\x8a\xfa" + b"\x7f" * 250 + b"K\x00t", b"C\x00"),  # a length of 2000 bits
        (b"U\x02f8", b"U\x03abc\x85", b"C\x08AAAAAAAA"),  # a shape of text
    ],
)
def test_arrays_that_lie_are_refused(dtype, shape, raw, tmp_path):
    with pytest.raises(DataError, match="cannot read it"):
        read(array_of(dtype, shape, raw), tmp_path)


@pytest.mark.parametrize("name", ["pandas.core.frame\nDataFrame", "numpy\nndarray", "builtins\nslice"])
def test_a_stand_in_cannot_be_changed(name, tmp_path):
    change = f"c{name}\n(N(dVcolumns\ncnumpy\ndtype\nstb.".encode()
    with pytest.raises(DataError):
        read(change, tmp_path)
    same_frame(read(zlib.decompress(base64.b64decode(PANDAS_1_5)), tmp_path)[1])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        b"\x80\x05\x97.",  # a buffer outside the file
        b"\x80\x02\x82\x01.",  # a code of the extension registry
        b"\x80\x04Nr\xff\xff\xff\x7f.",  # a memo of 16 GiB
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x00.",  # bytes beyond the file
        b"\x80\x04]\x94h\x00a.",  # a list within itself
        pickle.dumps({"a": 1}),
        pickle.dumps(7),
    ],
)
def test_what_is_no_data_is_said_to_be_none(content, tmp_path):
    if content.startswith(b"\x80\x04]"):
        assert len(read(content, tmp_path)) == 1
        return
    with pytest.raises(DataError, match=r"expected a (whole pickle of arrays and tables|pickled tuple) in x\.pkl"):
        read(content, tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.pkl"):
        load_pickle(tmp_path / "none.pkl")


def test_a_cut_file_is_refused_wherever_it_is_cut(tmp_path):
    whole = zlib.decompress(base64.b64decode(PANDAS_1_1))
    for length in range(0, len(whole), 7):
        with pytest.raises(DataError):
            read(whole[:length], tmp_path)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 1200), byte=st.binary(min_size=1, max_size=4), old=st.booleans())
@example(at=0, byte=b"c", old=True)
def test_damage_is_refused_or_harmless(at, byte, old, tmp_path):
    whole = zlib.decompress(base64.b64decode(PANDAS_1_1 if old else PANDAS_1_5))
    buffer = io.BytesIO(whole)
    buffer.seek(at)
    buffer.write(byte)
    try:
        found = read(buffer.getvalue(), tmp_path)
    except DataError:
        return
    assert isinstance(found, tuple)
