"""Small pickles that ask for much memory or time are refused before they get it."""

import pickle
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from divecast.errors import DataError
from divecast.reproduce.pickles import load_pickle

SIZE = 2**16
PART = b"h\x00"  # the bytes that every file here begins with, again


def read(content: bytes, folder: Path) -> tuple:
    file = folder / "x.pkl"
    file.write_bytes(b"\x80\x04B" + struct.pack("<I", SIZE) + bytes(SIZE) + b"\x94" + content + b".")
    return load_pickle(file)


def call(name: str, *arguments: bytes) -> bytes:
    module, _, function = name.rpartition(".")
    return f"c{module}\n{function}\n".encode() + many(*arguments) + b"R"


def many(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def number(value: int) -> bytes:
    content = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(content)]) + content


def text(word: str) -> bytes:
    return f"V{word}\n".encode()


def array(raw: bytes, kind: str, *shape: int) -> bytes:
    dtype = call("numpy.dtype", text(kind)) + many(number(3), text(">"), b"NNN", b"NNN") + b"b"
    return call("numpy._core.numeric._frombuffer", raw, dtype, many(*map(number, shape)), text("C"))


def frame(blocks: list[bytes], names: bytes) -> bytes:
    index = call("pandas.core.indexes.base._new_Index", b"N", names)
    manager = call("pandas.core.internals.managers.BlockManager", b"(" + b"".join(blocks) + b"l", b"(" + index + b"l")
    return call("pandas.DataFrame") + b"}" + text("_mgr") + manager + b"sb"


def block(values: bytes, n: int) -> bytes:
    return call("pandas._libs.internals._unpickle_block", values, call("builtins.slice", number(0), number(n), b"N"))


def named(names: bytes) -> bytes:
    return b"}" + text("data") + names + b"s"


def plural(n: int) -> bytes:
    return b"}" + b"".join(text(k) + number(v) + b"s" for k, v in (("start", 0), ("stop", n), ("step", 1)))


def words(n: int) -> bytes:
    kind = call("pyarrow.lib.type_for_alias", text("string"))
    return call("pyarrow.lib._restore_array", many(kind, number(n), number(0), number(0), many(b"N", PART, b"C\0")))


REPEATED = {
    "arrays of truth": array(PART, "b1", SIZE),
    "arrays of the other byte order": array(PART, "f8", SIZE // 8),
    "bytes": call("builtins.bytearray", PART),
    "text": words(SIZE // 4 - 1),
}


@pytest.mark.parametrize("part", REPEATED.values(), ids=REPEATED)
def test_one_part_made_many_times_is_bounded_by_the_size_of_the_file(part, tmp_path):
    assert len(read(many(part), tmp_path)) == 1
    tracemalloc.start()
    with pytest.raises(DataError, match="far more of its content than its size"):
        read(many(part * 200), tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 40 * SIZE + 2**21
    tracemalloc.stop()


def test_one_frame_opened_many_times_is_bounded_by_the_size_of_the_file(tmp_path):
    table = frame([block(array(PART, "u1", 2**10, 2**6), 2**10)], plural(2**10)) + b"\x94"
    found = read(many(table, b"h\x01"), tmp_path)
    assert [len(columns) for columns in found] == [2**10] * 2
    with pytest.raises(DataError, match="far more of its content than its size"):
        read(many(table, b"h\x01" * 200), tmp_path)


def test_columns_without_a_row_are_bounded_by_the_size_of_the_file(tmp_path):
    (few,) = read(many(frame([block(array(b"C\0", "u1", 7, 0), 7)], plural(7))), tmp_path)
    assert {name: column.shape for name, column in few.items()} == {str(at): (0,) for at in range(7)}
    with pytest.raises(DataError, match="far more of its content than its size"):
        read(many(frame([block(array(b"C\0", "u1", 10**12, 0), 10**12)], plural(10**12))), tmp_path)


@pytest.mark.parametrize("shape", [(1,) * 65, (2**2000, 0), (2**63,), (-1,)], ids=["65", "2000 bits", "64 bits", "-1"])
def test_a_shape_that_numpy_cannot_have_is_refused_at_once(shape, tmp_path):
    with pytest.raises(DataError, match="no sequence of up to 64 lengths"):
        read(many(array(PART, "u1", *shape)), tmp_path)


def test_a_shape_of_many_great_lengths_is_refused_at_once(tmp_path):
    with pytest.raises(DataError, match="other bytes than its shape calls for"):
        read(many(array(PART, "u1", *[2**62] * 64)), tmp_path)


def test_names_are_text_or_numbers(tmp_path):
    values = block(array(b"C\x03abc", "u1", 3, 1), 3)
    mixed = b"(" + text("a") + number(2) + b"G" + struct.pack(">d", 0.5) + b"l"
    (found,) = read(many(frame([values], named(mixed))), tmp_path)
    assert list(found) == ["a", "2", "0.5"]
    (found,) = read(many(frame([values], named(array(b"C\x03abc", "u1", 3)))), tmp_path)
    assert list(found) == ["97", "98", "99"]


ENDLESS = b"N\x85" + b"2\x86" * 60  # a tuple; 2 is the last once more, \x86 a tuple of both


def test_a_name_without_end_is_refused(tmp_path):
    values = block(array(b"C\x01a", "u1", 1, 1), 1)
    with pytest.raises(DataError, match="other names than as many texts or numbers"):
        read(many(frame([values], named(b"(" + ENDLESS + b"l"))), tmp_path)


KEYS = {"one": b"}" + ENDLESS + b"Ns", "several": b"}(" + ENDLESS + b"Nu", "of a new dict": b"(" + ENDLESS + b"Nd"}


@pytest.mark.parametrize("item", KEYS.values(), ids=KEYS)
def test_a_key_without_end_is_refused(item, tmp_path):
    with pytest.raises(DataError, match="it asks for a dict with other keys than text"):
        read(many(item), tmp_path)


def test_a_list_put_into_itself_is_refused(tmp_path):
    doubled = call("builtins.slice", number(0), number(0)) + b"h\x01s"  # l[0:0] = l
    with pytest.raises(DataError, match="it asks for a dict with other keys than text"):
        read(many(b"(Nl\x94" + doubled * 60), tmp_path)


def test_a_message_is_short_whatever_the_file_asks_for(tmp_path):
    with pytest.raises(DataError) as error:
        read(call("a" * 10**6 + ".b"), tmp_path)
    assert len(str(error.value)) < 600


def test_a_large_honest_pickle_is_read(tmp_path):
    pandas = pytest.importorskip("pandas")
    n = 20_000
    table = pandas.DataFrame({"x": np.arange(n), "empty": [""] * n, "text": [f"{at % 100}" for at in range(n)]})
    for protocol in (0, 2, 5):
        (tmp_path / "t.pkl").write_bytes(pickle.dumps((table, table["x"].to_numpy() > 5), protocol))
        columns, truth = load_pickle(tmp_path / "t.pkl")
        assert columns["text"].tolist() == table["text"].tolist()
        assert truth.sum() == n - 6
