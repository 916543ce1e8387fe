"""Which windows a forecast starts from."""

import numpy as np
import pytest

from divecast import DataError, DeepDIVE
from worlds import hours

PANEL = hours().panel


@pytest.mark.parametrize("start", ["2024-02-26 00:00", "2024-02-26T00:00:00Z", np.datetime64("2024-02-26T00:00:00")])
def test_a_forecast_may_start_after_the_end(hours_model: DeepDIVE, start: object) -> None:
    at_end = hours_model.forecast(PANEL)
    named = hours_model.forecast(PANEL, start=start, stop=start)
    np.testing.assert_array_equal(named.mean, at_end.mean)
    np.testing.assert_array_equal(named.keys.stamps, at_end.keys.stamps)


def test_a_forecast_may_not_start_later(hours_model: DeepDIVE) -> None:
    with pytest.raises(DataError, match="or the step after its end"):
        hours_model.forecast(PANEL, start="2024-02-26 01:00")
