"""Labels that rows lack have effects where these gain enough, and gaps count by what a window sees of them."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import DataWarning, DeepDIVE, Label, Panel, TrainingConfig
from divecast.fit.gaps import Gap

DAY, N = 24, 120 * 24


def shop(known: np.ndarray) -> Panel:
    """A daily profile, and days of promotion that add to it; ``part`` is the hour's part of the day."""
    draw, hour = np.random.default_rng(0), np.arange(N) % DAY
    promo = np.repeat(draw.random(N // DAY) < 0.2, DAY)
    values = np.sin(hour * 2 * np.pi / DAY) + promo + 0.1 * draw.standard_normal(N)
    columns = {"promo": np.where(promo, "on", "off"), "part": np.array([*"abcd"])[hour // 6]}
    labels = {name: np.where(known, column.astype(object), None) for name, column in columns.items()}
    return replace(Panel.from_array(values[:, None].astype(np.float32), "2024-01-01", "1h"), labels=labels)


def named(panel: Panel) -> set[str]:
    """Return the labels that a model gives effects."""
    model = DeepDIVE(12, 24, [Label("promo"), Label("part")], training=TrainingConfig(epochs=1, window_stride=5))
    model.fit(panel, progress=False)
    return {group.name for group in model.fitted_model.effects.basis.groups} if model.fitted_model.effects else set()


def test_labels_of_scattered_rows_have_effects_only_where_the_window_does_not_tell_as_much() -> None:
    known = np.random.default_rng(1).random(N) < 0.5
    known[int(0.9 * N) :] = True
    with pytest.warns(DataWarning, match="training rows lack them.*'part' .[45].%"):
        assert named(shop(known)) == {"promo"}


def test_labels_that_are_known_from_some_row_on_have_effects() -> None:
    assert named(shop(np.arange(N) > 0.2 * N)) == {"promo", "part"}


def test_a_gap_counts_by_what_a_window_with_values_lacks() -> None:
    late, every_other = np.arange(1000) >= 500, np.arange(1000) % 2 == 0
    one, two = Gap.of(late, 0.5, 10), Gap.of(every_other, 0.5, 10)
    assert one.share == two.share == 0.5
    assert one.scattered < 0.02
    assert two.scattered == pytest.approx(0.5)
    assert two.least_gain == pytest.approx(0.1 * 0.5 * 0.5)
    assert replace(two, varied=0.0).least_gain == 0.0
