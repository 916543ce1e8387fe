"""What a linear map tells of groups that it was not fitted on."""

import numpy as np

from divecast.metrics.linear_reading import read_left_out


def test_a_linear_relation_is_read_and_that_of_a_group_alone_is_not() -> None:
    draw = np.random.default_rng(0)
    x, groups = draw.normal(size=(200, 3)), np.repeat(np.arange(20), 10)
    wanted = np.stack([x @ [1.0, -2.0, 0.0], draw.normal(size=20)[groups]], axis=1)
    read = read_left_out(x, wanted, groups)
    told = 1.0 - np.square(wanted - read).sum(0) / np.square(wanted - wanted.mean(0)).sum(0)
    assert told[0] > 0.99
    assert told[1] < 0.1
