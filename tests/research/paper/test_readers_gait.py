"""Stride times from the rotation of a foot: known for made ones, and beside the table of the real trials."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.errors import DataError
from research.paper.gait import read_gait, read_trials, stride_times
from studies.shared import GAIT, needs

RATE = 100.0


def walk(stride: float, seconds: float = 20.0, noise: float = 0.2, seed: int = 0) -> np.ndarray:
    """(row, axis) a swing once a stride, with harmonics of it, on three axes of unlike size."""
    draw = np.random.default_rng(seed)
    phase = 2 * np.pi * np.arange(round(seconds * RATE)) / RATE / stride
    swing = sum(np.cos(k * phase + draw.uniform(0, 2 * np.pi)) / k for k in (1, 2, 3))
    return np.outer(swing, [3.0, 0.5, -1.0]) + draw.normal(0, noise, (len(phase), 3)) + [5.0, 0.0, -2.0]


@settings(max_examples=40)
@given(stride=st.floats(0.7, 2.8), seed=st.integers(0, 50))
def test_the_stride_of_a_regular_walk_is_found(stride, seed):
    times = stride_times(walk(stride, seed=seed))
    assert np.isnan(times[:999]).all()
    assert np.abs(times[999:] - stride).max() < 0.02 * stride


def test_a_row_is_told_of_its_own_window_alone():
    whole = np.concatenate([walk(1.0), walk(1.6)])
    times = stride_times(whole, hop=50)
    assert np.abs(times[999:2000] - 1.0).max() < 0.01
    assert np.abs(times[3049:] - 1.6).max() < 0.02
    cut = stride_times(whole[:2600], hop=50)
    assert np.array_equal(times[:2600], cut, equal_nan=True)


def test_a_value_is_held_for_a_hop():
    times = stride_times(walk(1.1) * np.linspace(1, 2, 2000)[:, None], hop=50)
    assert np.array_equal(times[999:1999].reshape(20, 50), np.repeat(times[999:1999:50, None], 50, axis=1))


def test_size_and_offset_of_the_sensor_do_not_matter():
    rotation = walk(1.3)
    assert np.allclose(stride_times(rotation), stride_times(7 * rotation - 40), equal_nan=True)


@pytest.mark.parametrize("rotation", [np.zeros((1500, 3)), np.random.default_rng(1).normal(size=(1500, 3))])
def test_a_foot_at_rest_has_no_stride(rotation):
    assert np.isnan(stride_times(rotation)).all()


def test_a_recording_shorter_than_a_window_has_none():
    assert np.isnan(stride_times(walk(1.0)[:999])).all()


def write(folder: Path, people: int = 3) -> Path:
    """Trials of the layout of the real ones, with a trial that has no recording."""
    names = [f"{part}_{kind}_{axis}" for part in ("lumbar", "leftfoot") for kind in ("acc", "gyr") for axis in "xyz"]
    lines, arrays = ["key,participant,condition,stride_left_s", ",99,absent,"], {}
    for at in range(people):
        stride = 1.0 + 0.2 * at
        signal = np.concatenate([np.zeros((2000, 9)), walk(stride)], axis=1)
        arrays[f"p{at}"] = (signal * 100).astype(np.int16)
        lines.append(f"p{at},{at:02},{'AB'[at % 2]},{stride}")
    np.savez(folder / "signals_int16.npz", channels=names, scale=np.full(12, 100.0), **arrays)
    (folder / "trials.csv").write_text("\n".join(lines))
    return folder


def test_recordings_are_read_with_their_labels(tmp_path):
    recordings, about = read_gait(write(tmp_path))
    assert recordings.names == ("p0", "p1", "p2")
    assert recordings.channels == tuple(f"leftfoot_{kind}_{axis}" for kind in ("acc", "gyr") for axis in "xyz")
    assert recordings.labels["condition"].tolist() == ["A", "B", "A"]
    assert recordings.labels["participant"].tolist() == ["00", "01", "02"]
    times = recordings.label_column("stride_time").reshape(3, 2000)
    assert np.allclose(np.nanmedian(times, axis=1), [1.0, 1.2, 1.4], atol=0.01)
    assert np.abs(recordings.values[:2000, 3:] - walk(1.0)).max() < 0.011
    assert "left foot of 3 people" in about


@pytest.mark.parametrize("missing", ["trials.csv", "signals_int16.npz"])
def test_half_the_files_are_refused(missing, tmp_path):
    (write(tmp_path) / missing).unlink()
    (there,) = {"trials.csv", "signals_int16.npz"} - {missing}
    with pytest.raises(DataError, match=rf"signals_int16\.npz \(.* and trials\.csv \(.* with \['{there}'\] in it"):
        read_gait(tmp_path)


def test_a_path_to_a_file_says_that_a_folder_is_expected(tmp_path):
    with pytest.raises(DataError, match=r"[Ee]xpected a folder with .*; got .*trials\.csv, which is no folder"):
        read_gait(write(tmp_path) / "trials.csv")


def test_a_trial_without_its_recording_is_named(tmp_path):
    with (write(tmp_path) / "trials.csv").open("a") as file:
        file.write("\np7,07,A,1.0")
    with pytest.raises(DataError, match="p7"):
        read_gait(tmp_path)


def test_a_table_without_its_columns_is_refused(tmp_path):
    table = write(tmp_path) / "trials.csv"
    table.write_text(table.read_text().replace("condition", "other"))
    with pytest.raises(DataError, match=r"columns key, participant, condition.*'condition'"):
        read_gait(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("key,participant,condition,stride_left_s\np0,Zoë,A,1.0".encode("latin1"), "can't decode byte 0xeb"),
        (b"key,participant,condition,stride_left_s\n" + b"a" * 200_000, "field larger than field limit"),
        (b"key,participant,condition,stride_left_s\np0,1,A", "could not convert string to float: ''"),
        (b"key,participant,condition,stride_left_s\n", "got no trial with a key"),
        (b"", "got no trial with a key"),
    ],
)
def test_a_table_that_is_none_is_refused(content, said, tmp_path):
    (write(tmp_path) / "trials.csv").write_bytes(content)
    with pytest.raises(DataError, match=rf"[Ee]xpected UTF-8 text with columns .* in trials\.csv, got .*{said}|{said}"):
        read_gait(tmp_path)


@pytest.mark.parametrize("kept", [0, 1, 3, 0.5, 0.9, 0.999])
def test_a_cut_archive_is_refused_by_name(kept, tmp_path):
    file = write(tmp_path) / "signals_int16.npz"
    whole = file.read_bytes()
    file.write_bytes(whole[: kept if isinstance(kept, int) else int(kept * len(whole))])
    with pytest.raises(DataError, match=r"[Ee]xpected a whole archive .* in signals_int16\.npz, cannot read it"):
        read_gait(tmp_path)


@pytest.mark.parametrize("what", [np.zeros((5, 6)), np.array("text"), np.array([None])])
def test_another_array_under_the_name_is_refused(what, tmp_path):
    with (write(tmp_path) / "signals_int16.npz").open("wb") as file:
        np.save(file, what)
    with pytest.raises(DataError, match=r"[Ee]xpected a whole archive .* in signals_int16\.npz"):
        read_gait(tmp_path)


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    """A folder of one short recording, compressed."""
    folder = write(tmp_path_factory.mktemp("packed"), 1)
    with np.load(folder / "signals_int16.npz") as file:
        np.savez_compressed(folder / "signals_int16.npz", **file)
    return folder


@settings(max_examples=60)
@given(data=st.data(), byte=st.binary(min_size=1, max_size=4))
def test_a_damaged_archive_is_refused_or_harmless(data, byte, packed):
    file = packed / "signals_int16.npz"
    whole = file.read_bytes()
    ends = st.integers(0, 400) | st.integers(len(whole) - 700, len(whole) - 5) | st.integers(0, len(whole) - 5)
    at = data.draw(ends)
    file.write_bytes(whole[:at] + byte + whole[at + len(byte) :])
    try:
        assert len(read_gait(packed)[0].values) == 2000
    except DataError:
        pass
    finally:
        file.write_bytes(whole)


@pytest.mark.slow
@needs(GAIT)
def test_real_strides_agree_with_the_table_of_trials():
    recordings, _ = read_gait(GAIT)
    times, trials = recordings.label_column("stride_time"), read_trials(GAIT)
    cut = np.split(times, recordings.offsets[1:-1])
    medians = np.array([np.nanmedian(part) for part in cut])
    stated = np.array([trial.stride_s for trial in trials])
    assert np.mean(np.abs(medians - stated) <= 0.05) > 0.95
    ratio = times / np.repeat(stated, recordings.lengths)
    found = ratio[~np.isnan(ratio)]
    assert np.mean((found < 0.65) | (found > 1.6)) < 0.005
