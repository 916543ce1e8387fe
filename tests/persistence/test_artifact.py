"""Files of tensors and JSON: written atomically, read back bit for bit, refused where damaged."""

import errno
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from divecast import __version__
from divecast.errors import ArtifactError
from divecast.persistence import artifact
from divecast.persistence.artifact import Artifact, read_artifact, write_artifact
from divecast.persistence.atomic import replacing
from laws import assert_same_bits

KIND, SCHEMA = "model", 3


def small() -> Artifact:
    tensors = {
        "weights": torch.randn(3, 2, generator=torch.Generator().manual_seed(0)),
        "counts": torch.arange(3),
        "one": torch.tensor(0.5, dtype=torch.float64),
        "none": torch.empty(0, 4),
    }
    return Artifact(KIND, SCHEMA, {"name": "Süd", "values": [1, 0.1, None, True]}, tensors)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("artifact") / "a"
    write_artifact(path, small())
    return path.read_bytes()


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(ArtifactError) as error:
        read_artifact(path, KIND, SCHEMA)
    return str(error.value)


def test_it_reads_back_bit_for_bit(tmp_path: Path) -> None:
    write_artifact(tmp_path / "a", small())
    found = read_artifact(tmp_path / "a", KIND, SCHEMA)
    assert (found.kind, found.schema, found.document) == (KIND, SCHEMA, small().document)
    assert_same_bits(found.tensors, small().tensors)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_a_transposed_tensor_is_written_in_its_own_order(tmp_path: Path) -> None:
    turned = torch.arange(12.0).view(3, 4).T
    write_artifact(tmp_path / "a", Artifact(KIND, SCHEMA, {}, {"turned": turned}))
    assert torch.equal(read_artifact(tmp_path / "a", KIND, SCHEMA).tensors["turned"], turned)


def test_the_file_contains_no_pickle(whole: bytes) -> None:
    length = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + length])
    assert set(header) == {"__metadata__", *small().tensors}


@pytest.mark.parametrize("bit", range(8))
def test_any_flipped_bit_is_detected(whole: bytes, bit: int, tmp_path: Path) -> None:
    for position in range(bit, len(whole), 8):  # the eight runs together flip each bit of every byte
        for flipped in {bit, (bit + position // 8) % 8}:
            damaged = bytearray(whole)
            damaged[position] ^= 1 << flipped
            refused(tmp_path / "a", bytes(damaged))


@settings(max_examples=60)
@given(st.data())
def test_truncation_and_changed_bytes_are_detected(
    whole: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged"
    refused(path, whole[: data.draw(st.integers(0, len(whole) - 1))])
    refused(path, whole + data.draw(st.binary(min_size=1, max_size=9)))
    start, junk = data.draw(st.integers(0, len(whole) - 9)), data.draw(st.binary(min_size=2, max_size=8))
    changed = whole[:start] + junk + whole[start + len(junk) :]
    if changed.split() != whole.split():  # the padding of the header may be any white space
        refused(path, changed)


@settings(max_examples=30)
@given(st.binary(max_size=200))
def test_any_other_file_is_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    refused(tmp_path_factory.getbasetemp() / "foreign", content)


def test_a_foreign_safetensors_file_is_refused(tmp_path: Path) -> None:
    for metadata in (None, {"divecast": "{"}, {"divecast": "[]"}, {"divecast": '{"kind": "model"}'}):
        save_file({"weights": torch.zeros(2)}, tmp_path / "a", metadata)
        with pytest.raises(ArtifactError, match="is not a valid divecast model"):
            read_artifact(tmp_path / "a", KIND, SCHEMA)


def test_missing_files_other_kinds_and_newer_schemas_have_their_own_messages(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="There is no file"):
        read_artifact(tmp_path / "a", KIND, SCHEMA)
    with pytest.raises(ArtifactError, match="is a folder"):
        read_artifact(tmp_path, KIND, SCHEMA)
    write_artifact(tmp_path / "a", small())
    with pytest.raises(ArtifactError, match="is a divecast model file: expected a divecast checkpoint file"):
        read_artifact(tmp_path / "a", "checkpoint", SCHEMA)
    newer = f"has schema 3, this version reads schemas up to 2. Install divecast >= {__version__}"
    with pytest.raises(ArtifactError, match=newer):
        read_artifact(tmp_path / "a", KIND, SCHEMA - 1)
    assert read_artifact(tmp_path / "a", KIND, SCHEMA + 1).schema == SCHEMA


def test_a_full_disk_leaves_the_former_file(tmp_path: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(whole)

    def fails(tensors: dict, file: Path, metadata: dict) -> None:
        file.write_bytes(whole[:50])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(artifact, "save_file", fails)
    with pytest.raises(ArtifactError, match="No space left on device"):
        write_artifact(path, small())
    assert path.read_bytes() == whole
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
    except OSError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", folder], check=True)  # noqa: S603, S607


def test_a_disk_that_is_really_full_leaves_the_former_file(tiny_disk: Path) -> None:
    path = tiny_disk / "a"
    write_artifact(path, small())
    large = Artifact(KIND, SCHEMA, {}, {"weights": torch.zeros(100_000)})
    with pytest.raises(ArtifactError, match="Could not write"):
        write_artifact(path, large)
    assert_same_bits(read_artifact(path, KIND, SCHEMA).tensors, small().tensors)
    assert [entry.name for entry in tiny_disk.iterdir()] == ["a"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="Choose an existing, writable folder"):
        write_artifact(tmp_path / "no" / "a", small())


def test_an_interrupted_write_leaves_the_former_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("former")

    def write_half() -> None:
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert path.read_text() == "former"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]
