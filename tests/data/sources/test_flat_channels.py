"""Channels of recordings that do not change."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import DataWarning, Recordings
from divecast.data.flat_channels import flat_channels, warn_flat
from worlds import moves

MOVES = moves()


def _flat(recordings: list[int], channel: int):
    values = MOVES.values.copy()
    for each in recordings:
        values[MOVES.offsets[each] : MOVES.offsets[each + 1], channel] = 1.0
    return replace(MOVES, values=values)


def test_a_channel_that_one_recording_lacks_is_named():
    data = _flat([2, 5], 1)
    found = flat_channels(data)
    assert np.argwhere(found).tolist() == [[2, 1], [5, 1]]
    with pytest.warns(DataWarning, match=r"2 of 32 recordings .*'r2': its channel 'wx' does not change; 'r5'"):
        warn_flat(data)


def test_missing_readings_do_not_make_a_channel_flat():
    values = MOVES.values.copy()
    values[MOVES.offsets[2] + 3 : MOVES.offsets[3], 0] = np.nan
    values[MOVES.offsets[4] : MOVES.offsets[5], 0] = np.nan
    assert not flat_channels(replace(MOVES, values=values)).any()


def test_a_single_row_is_not_flat():
    assert not flat_channels(Recordings.from_arrays([np.arange(4.0).reshape(2, 2)] * 3 + [np.ones((1, 2))])).any()


def test_a_channel_that_changes_in_few_recordings_is_so_by_nature():
    assert not flat_channels(_flat([*range(16)], 0)).any()
