"""What a fit refuses before it begins."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ConfigError, DataError, DeepDIVE, Panel, TrainingConfig
from worlds import SMALL, hours


def model(factors: tuple[str, ...], **settings: object) -> DeepDIVE:
    return DeepDIVE(6, 24, factors, model=SMALL, training=replace(TrainingConfig(epochs=1), **settings))


def test_a_stride_that_hides_classes_is_refused() -> None:
    """Every eighth hour is only ever one of three hours of the day."""
    with pytest.raises(DataError, match=r"'hour' .* 21 of 24 never are: .*window_stride is 8"):
        model(("hour",), window_stride=8).fit(hours().panel, progress=False)


@pytest.mark.parametrize("factors", [(), ("mood",)])
def test_stopping_by_labels_needs_labels_in_the_validation_part(factors: tuple[str, ...]) -> None:
    panel = hours().panel
    n = len(panel.values)
    moods = np.where(np.arange(n) < n // 2, np.resize(np.array(["good", "bad"], dtype=object), n), None)
    labelled = Panel(panel.values, panel.channels, panel.clock, {"mood": moods})
    with pytest.raises(ConfigError, match="labels in the validation part, got none"):
        model(factors, monitor="labels").fit(labelled, progress=False)
    model(factors, monitor="tasks").fit(labelled, progress=False)


def test_a_table_shorter_than_a_window_says_so() -> None:
    with pytest.raises(DataError, match="long enough for look-back 24 and horizon 6"):
        model(("hour",)).fit(hours().panel.rows(0, 20), progress=False)
