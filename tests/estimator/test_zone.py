"""The zone of the fit goes with the model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from divecast import DeepDIVE, Panel, TrainingConfig
from divecast.data import to_frame, write_frame
from divecast.errors import DataError, DataWarning
from worlds import SMALL, hours


def test_a_table_is_read_in_the_zone_of_the_fit(tmp_path: Path) -> None:
    panel = hours().panel
    stamps = panel.clock.stamps()
    table = {"ds": stamps, **dict(zip(panel.channels, panel.values.T, strict=True))}
    path = write_frame(to_frame(table, "pyarrow"), tmp_path / "table.parquet")
    tokyo = Panel.read(path, tz="Asia/Tokyo")
    model = DeepDIVE(6, 24, ["hour"], model=SMALL, training=TrainingConfig(epochs=1, batch_size=256)).fit(
        tokyo, progress=False
    )
    hour = np.timedelta64(3600, "s")
    assert model.forecast(path).keys.stamps[0, 1] == stamps[-1] + hour  # goes on where the column of the table ends
    assert model.evaluate(path).scores  # the same data, so the test part is known
    with pytest.warns(DataWarning, match="Asia/Tokyo"), pytest.raises(DataError, match="other data"):
        model.evaluate(panel)


def test_a_clock_in_another_zone_is_put_into_that_of_the_fit(hours_model: DeepDIVE) -> None:
    panel = hours().panel
    abroad = replace(panel, clock=replace(panel.clock, tz="Asia/Tokyo"))
    with pytest.warns(DataWarning, match="converted from Asia/Tokyo to UTC"):
        found = hours_model.forecast(abroad)
    np.testing.assert_array_equal(found.mean, hours_model.forecast(panel).mean)
