"""Read what an entry's process left, and refuse what is no answer."""

from pathlib import Path

import numpy as np

from divecast.errors import DataError
from research.race.conformal import spread_points
from research.race.contract import LEVELS
from research.race.heats import Floats, Heat
from research.race.scores import Answer

LOOKED_AHEAD = 1e-3  # relative; sums in another order differ by 1e-5


def read_answer(folder: Path, heat: Heat, past: Floats) -> Answer:
    """Read points and quantiles; make the quantiles from validation errors where the entry has none.

    Raises:
        DataError: a file is missing, of a wrong shape, or holds what is no number.
    """
    windows, sizes = len(heat.origins), (heat.horizon, len(heat.channels))
    points = _array(folder / "points.npy", (windows, *sizes))
    thinned = len(heat.origins[:: heat.every])
    if (folder / "quantiles.npy").exists():
        return Answer(points, _array(folder / "quantiles.npy", (len(LEVELS), thinned, *sizes)))
    valid = _array(folder / "valid.npy", (len(heat.valid_origins), *sizes))
    return Answer(points, spread_points(points[:: heat.every], valid, heat, past))


def check_past_only(entry: str, difference: float) -> None:
    """Refuse an entry whose forecasts change when the rows after the origin are taken away.

    Raises:
        DataError: it does.
    """
    if not difference <= LOOKED_AHEAD:
        raise DataError(
            f"{entry} gave other forecasts when the rows after the origin, and the windows beside, were taken away "
            f"(by {difference:.2g} of their size): it looks ahead, or mixes the windows of a batch"
        )


def _array(file: Path, shape: tuple[int, ...]) -> Floats:
    if not file.is_file():
        raise DataError(f"expected {file.name} of shape {shape} from the entry, found none in {file.parent}")
    found = np.load(file, mmap_mode="r")
    if found.shape != shape:
        raise DataError(f"expected {file.name} of shape {shape} from the entry, got {found.shape}")
    bad = sum(int((~np.isfinite(part)).sum()) for part in found)
    if bad:
        raise DataError(f"expected numbers in {file.name}, got {bad} that are not finite")
    return found
