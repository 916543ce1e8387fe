"""The zone of the fit goes with the model."""

from pathlib import Path

import pytest

from divecast import DeepDIVE, Panel, TrainingConfig
from divecast.data import to_frame, write_frame
from divecast.errors import DataError
from worlds import SMALL, hours


def test_a_table_is_read_in_the_zone_of_the_fit(tmp_path: Path) -> None:
    panel = hours().panel
    stamps = panel.clock.stamps()
    table = {"ds": stamps, **dict(zip(panel.channels, panel.values.T, strict=True))}
    path = write_frame(to_frame(table, "pyarrow"), tmp_path / "table.parquet")
    tokyo = Panel.read(path, tz="Asia/Tokyo")
    model = DeepDIVE(6, 24, ["hour"], model=SMALL, training=TrainingConfig(epochs=1)).fit(tokyo, progress=False)
    assert model.forecast(path).keys.stamps[0, 1] == tokyo.clock.stamps()[-1] + tokyo.clock.step
    assert model.evaluate(path).scores  # the same data, so the test part is known
    with pytest.raises(DataError, match="other data"):
        model.evaluate(panel)
