"""Windows: the past ends before the future starts, and nothing crosses a border."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import ByTime, Panel, Part, Recordings, Scale, Windows, WindowShape, fit_scale, split
from divecast.errors import ConfigError, DataError, DataWarning
from divecast.types import ChannelSample

LAWS = settings(max_examples=50)
LENGTHS = st.lists(st.integers(1, 30), min_size=1, max_size=5)
SHAPES = st.builds(WindowShape, st.integers(1, 6), st.integers(1, 5))


def source_of(lengths, seed=0):
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=(n, 2)).astype(np.float32) for n in lengths]
    for array in arrays:
        array[rng.random(array.shape) < 0.1] = np.nan
    return Recordings.from_arrays(arrays)


def plain_scale(n_channels=2):
    return Scale(np.arange(n_channels, dtype=np.float32), np.arange(1, n_channels + 1, dtype=np.float32))


def part_of(source, data):
    """A random part: any range of rows in every segment."""
    bounds = [
        sorted(data.draw(st.tuples(st.integers(first, last), st.integers(first, last))))
        for first, last in zip(source.offsets[:-1], source.offsets[1:], strict=True)
    ]
    return Part(*np.array(bounds, dtype=np.int64).T)


def codes_of(source):
    return np.arange(len(source.values), dtype=np.int16)[:, None]


def expected_origins(source, part, shape, role):
    """The definition of each role, row by row."""
    origins_found = []
    for first, last, start, stop in zip(source.offsets, source.offsets[1:], part.start, part.stop, strict=False):
        for origin in range(first + shape.lookback, last + 1):
            targets = range(origin, origin + shape.horizon)
            in_part = [start <= row < stop for row in targets]
            wanted = {
                "fit": all(in_part) and origin >= start,
                "score": any(in_part) and origin < stop,
                "encode": start <= origin - 1 < stop,
            }[role]
            if wanted and stop > start:
                origins_found.append(origin)
    return origins_found


def windows_of(source, part, shape, role):
    try:
        return Windows.of(source, part, codes_of(source), plain_scale(), shape, role)
    except DataError:
        return None


@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
@given(lengths=LENGTHS, shape=SHAPES, role=st.sampled_from(["fit", "score", "encode"]), data=st.data())
@LAWS
def test_origins_are_those_of_the_definition(lengths, shape, role, data):
    source = source_of(lengths)
    part = part_of(source, data)
    windows = windows_of(source, part, shape, role)
    assert (windows.origins.tolist() if windows else []) == expected_origins(source, part, shape, role)


@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
@given(lengths=LENGTHS, shape=SHAPES, role=st.sampled_from(["fit", "score", "encode"]), data=st.data())
@LAWS
def test_batch_equals_windows_built_one_by_one(lengths, shape, role, data):
    source = source_of(lengths, seed=len(lengths))
    part = part_of(source, data)
    windows = windows_of(source, part, shape, role)
    if windows is None:
        return
    batch = windows.batch(torch.randperm(len(windows)))
    order = torch.argsort(batch.labels[:, 0])
    scaled = plain_scale().apply(source.values)
    for at, origin in zip(order, np.sort(windows.origins), strict=True):
        segment = np.searchsorted(source.offsets, origin - 1, side="right") - 1
        low, high = (
            source.offsets[segment : segment + 2] if role == "encode" else (part.start[segment], part.stop[segment])
        )
        future = [
            scaled[row] if low <= row < high else np.full(2, np.nan, np.float32)
            for row in range(origin, origin + shape.horizon)
        ]
        assert source.offsets[segment] <= origin - shape.lookback
        np.testing.assert_array_equal(batch.x[at], scaled[origin - shape.lookback : origin])
        np.testing.assert_array_equal(batch.y[at], future)
        assert batch.labels[at].tolist() == [origin - 1]


@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
@given(lengths=st.lists(st.integers(15, 40), min_size=1, max_size=3), shape=SHAPES, data=st.data())
@LAWS
def test_training_and_test_targets_never_meet(lengths, shape, data):
    source = source_of(lengths)
    spec = ByTime(data.draw(st.integers(2, 4)), 1, 1)
    parts = split(source, spec)
    windows = [windows_of(source, part, shape, role) for part, role in ((parts.train, "fit"), (parts.test, "score"))]
    if None in windows:
        return
    train, test = windows
    trained = np.concatenate([np.arange(o - shape.lookback, o + shape.horizon) for o in train.origins])
    scored = np.concatenate([np.arange(o, o + shape.horizon) for o in test.origins])
    scored = np.intersect1d(scored, parts.test.rows())
    assert not np.intersect1d(trained, scored).size
    assert not np.intersect1d(trained, parts.valid.rows()).size


@given(length=st.integers(20, 60), shape=SHAPES)
@LAWS
def test_score_covers_every_target_once_at_every_step(length, shape):
    source = Recordings.from_arrays([np.arange(length * 1.0)[:, None]])
    test = split(source, ByTime()).test
    windows = Windows.of(source, test, codes_of(source), Scale(np.zeros(1), np.ones(1)), shape, "score")
    y = windows.batch(np.arange(len(windows))).y[:, :, 0]
    reach = range(max(test.start[0], shape.lookback), test.stop[0])
    for step in range(shape.horizon):
        seen = y[:, step][~y[:, step].isnan()]
        earliest = max(test.start[0], shape.lookback + step)
        assert seen.tolist() == [row for row in reach if row >= earliest]


def test_memory_layout_is_channel_by_channel():
    source = Panel.from_array(
        np.asfortranarray(np.random.default_rng(0).normal(size=(50, 3)), np.float32), "2020-01-01", "1h"
    )
    windows = Windows.of(
        source, split(source, ByTime()).train, codes_of(source), plain_scale(3), WindowShape(6, 2), "fit"
    )
    batch = windows.batch(np.arange(4))
    assert batch.x.dtype == batch.y.dtype == torch.float32
    assert batch.labels.dtype == torch.int64
    assert batch.x.stride() == batch.y.stride() == (24, 1, 8)
    assert batch.x.untyped_storage().data_ptr() == batch.y.untyped_storage().data_ptr()


@pytest.mark.parametrize("order", ["C", "F"])
def test_layouts_of_the_source_give_the_same_batches(order):
    values = np.random.default_rng(3).normal(size=(60, 4)).astype(np.float32)
    source = Panel.from_array(np.asarray(values, order=order), "2020-01-01", "1h")
    other = Panel.from_array(values[:, [0, 1, 2, 3]].T.copy().T, "2020-01-01", "1h")
    part = split(source, ByTime()).test
    for role in ("fit", "score", "encode"):
        one, two = (
            Windows.of(s, part, codes_of(s), plain_scale(4), WindowShape(5, 3), role).batch(torch.arange(5))
            for s in (source, other)
        )
        torch.testing.assert_close(one.x, two.x, rtol=0, atol=0, equal_nan=True)
        torch.testing.assert_close(one.y, two.y, rtol=0, atol=0, equal_nan=True)


@given(wanted=st.sets(st.integers(0, 4), min_size=1), order=st.sampled_from("CF"), missing=st.booleans())
@LAWS
def test_a_sample_of_channels_is_a_part_of_all(wanted, order, missing):
    values = np.random.default_rng(3).normal(3, 2, size=(60, 5)).astype(np.float32)
    values[20, 2] = np.nan if missing else 0.0
    source = Panel.from_array(np.asarray(values, order=order), "2020-01-01", "1h")
    parts, scale = split(source, ByTime()), Scale(*np.random.default_rng(4).uniform(1, 2, (2, 5)).astype(np.float32))
    sample = ChannelSample(torch.tensor(sorted(wanted)), 5)
    for part, role in ((parts.train, "fit"), (parts.test, "score"), (parts.test, "encode")):
        windows = Windows.of(source, part, codes_of(source), scale, WindowShape(5, 3), role)
        index = torch.arange(len(windows)).flip(0)
        whole, some = windows.batch(index), windows.batch(index, sample)
        torch.testing.assert_close(some.x, whole.x[:, :, sample.index], rtol=0, atol=0, equal_nan=True)
        torch.testing.assert_close(some.y, whole.y[:, :, sample.index], rtol=0, atol=0, equal_nan=True)
        assert torch.equal(some.labels, whole.labels)
        assert (whole.share, some.share) == (1.0, len(wanted) / 5)


def test_gathering_leaves_the_source_as_it_was():
    source = source_of([30])
    before = source.values.copy()
    windows = Windows.of(
        source, split(source, ByTime()).test, codes_of(source), plain_scale(), WindowShape(4, 4), "score"
    )
    windows.batch(np.arange(len(windows)))
    np.testing.assert_array_equal(source.values, before)


def test_stride_and_subset():
    source = source_of([30, 20])
    whole = Part(source.offsets[:-1], source.offsets[1:])
    build = [
        Windows.of(source, whole, codes_of(source), plain_scale(), WindowShape(4, 2), "fit", stride)
        for stride in (1, 3)
    ]
    assert build[1].origins.tolist() == [*range(4, 29, 3), *range(34, 49, 3)]
    some = build[0].subset(np.array([3, 1]))
    torch.testing.assert_close(some.batch(torch.arange(2)).x, build[0].batch(torch.tensor([3, 1])).x, equal_nan=True)
    assert len(build[0].subset(slice(None, None, 2))) == (len(build[0]) + 1) // 2


def test_windows_of_a_fitted_scale_are_standard():
    source = Panel.from_array(np.random.default_rng(0).normal(40, 7, size=(4000, 1)), "2020-01-01", "1h")
    train = split(source, ByTime()).train
    windows = Windows.of(source, train, codes_of(source), fit_scale(source, train), WindowShape(1, 1), "fit")
    x = windows.batch(np.arange(len(windows))).x
    assert abs(float(x.mean())) < 1e-2
    assert abs(float(x.std()) - 1) < 1e-2


@pytest.mark.parametrize(("lookback", "horizon"), [(60, 1), (1, 60), (20, 20)])
def test_too_few_rows(lookback, horizon):
    source = source_of([50])
    message = (
        f"lookback={lookback} and horizon={horizon} needs {lookback + horizon} rows, "
        "the longest segment of the part has 30"
    )
    with pytest.raises(DataError, match=message):
        Windows.of(
            source,
            split(source, ByTime()).train,
            codes_of(source),
            plain_scale(),
            WindowShape(lookback, horizon),
            "fit",
        )


@pytest.mark.parametrize(
    ("role", "start", "said"),
    [
        ("fit", 10, "lookback=60 and horizon=2 needs 62 rows, the longest segment of the part has 50"),
        ("fit", 40, "lookback=60 and horizon=2 needs 62 rows, the longest segment of the part has 20 with 30 rows"),
        ("score", 59, "lookback=60 needs 60 rows, the longest segment of the part has 1 with 49 rows"),
    ],
)
def test_what_a_window_needs_and_what_there_is_are_told(role, start, said):
    source = source_of([10, 50])
    part = Part(np.array([0, start]), np.array([0, 60]))
    with pytest.raises(DataError) as refused:
        Windows.of(source, part, codes_of(source), plain_scale(), WindowShape(60, 2), role)
    hint = f"Use lookback= of at most {49 if role == 'score' else 48}, more data, or a larger share of the part."
    before = " before it" if start > 10 else ""
    assert str(refused.value) == f"No window fits: {said}{before}. {hint}"


def test_a_batch_has_the_effects_of_its_windows_and_channels():
    class Effects:
        def of(self, origins, channels=None):
            return origins.tolist(), channels if channels is None else channels.tolist()

    source = source_of([30])
    plain = windows_of(source, Part(source.offsets[:-1], source.offsets[1:]), WindowShape(4, 2), "fit")
    windows, sample = replace(plain, effects=Effects()), ChannelSample(torch.tensor([1]), 2)
    assert plain.batch(torch.tensor([5, 2])).effects is None
    assert windows.batch(torch.tensor([5, 2])).effects == ([9, 6], None)
    assert windows.batch(torch.tensor([5, 2]), sample).effects == ([9, 6], [1])


def test_recordings_too_short_are_reported():
    source = source_of([50, 4, 30])
    whole = Part(source.offsets[:-1], source.offsets[1:])
    with pytest.warns(DataWarning, match=r"1 of 3 recordings are too short.*: 'r1'"):
        Windows.of(source, whole, codes_of(source), plain_scale(), WindowShape(4, 2), "fit")


def test_settings_that_make_no_sense():
    source = source_of([50])
    part = split(source, ByTime()).train
    for lookback, horizon in ((0, 1), (1, 0)):
        with pytest.raises(ConfigError):
            WindowShape(lookback, horizon)
    with pytest.raises(ConfigError, match="role"):
        Windows.of(source, part, codes_of(source), plain_scale(), WindowShape(2, 2), "train")
    with pytest.raises(ConfigError, match="stride"):
        Windows.of(source, part, codes_of(source), plain_scale(), WindowShape(2, 2), "fit", stride=0)


def test_a_subset_knows_the_recordings_of_its_windows():
    source = source_of([9, 9, 9])
    windows = windows_of(source, Part(source.offsets[:-1], source.offsets[1:]), WindowShape(3, 2), "fit")
    every_third = windows.subset(slice(None, None, 3))
    np.testing.assert_array_equal(every_third.segments, windows.segments[::3])
    np.testing.assert_array_equal(
        every_third.segments, np.searchsorted(source.offsets[1:], every_third.origins - 1, "right")
    )
