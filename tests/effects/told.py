"""A panel whose values follow the calendar, labels and covariates with known effects, and the effects fitted to it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from divecast import Panel
from divecast.data import (
    Covariate,
    Factor,
    Label,
    Part,
    Scale,
    Vocabulary,
    WindowShape,
    as_factors,
    fit_scale,
    fit_vocabularies,
)
from divecast.effects import Effects, Facts, RowEffects, choose_basis, facts_of, fit_effects

PROMOTION, HOLIDAY, DEGREE, PRICE = 5.0, -6.0, 2.0, -3.0
"""Effects in original units: of a promotion, a holiday, a degree above 18, and a unit of price."""

SHAPE = WindowShape(48, 24)
FACTORS = ("hour", "weekend", Label("promotion"), "holiday:US")
TEMPERATURE = Covariate("temperature")


@dataclass(frozen=True, eq=False)
class Fit:
    """A panel, what the table says of its rows, and the effects fitted to all of them."""

    panel: Panel
    factors: tuple[Factor, ...]
    vocabularies: tuple[Vocabulary, ...]
    covariates: tuple[Covariate, ...]
    scale: Scale
    facts: Facts
    effects: Effects

    @property
    def rows(self) -> NDArray[np.int64]:
        """Numbers of all rows of the panel."""
        return np.arange(len(self.panel.values))

    def in_units(self, effects: NDArray[np.float32]) -> NDArray[np.float32]:
        """Effects, (row, channel), in original units."""
        return effects * self.scale.spread

    def of(self, name: str, facts: Facts | None = None) -> NDArray[np.float32]:
        """Effects of the groups of one name in all rows, original units."""
        groups = [group for group in self.effects.basis.groups if group.name == name]
        assert groups
        return self.in_units(self.effects.sum_of(groups, facts or self.facts, self.rows))

    def cut(self, keep: bool = False) -> RowEffects:
        """The effects of windows of ``SHAPE``."""
        return RowEffects(self.effects, self.facts, SHAPE, keep=keep)


def panel_of(weeks: int = 52, noise: float = 0.5, seed: int = 0) -> Panel:
    """Two hourly series from Monday 2024-01-01 on: a wave of the day, and the effects above; in UTC."""
    draw, n = np.random.default_rng(seed), weeks * 168
    row = np.arange(n)
    weather = np.repeat(draw.normal(size=n // 24), 24)
    weather = np.convolve(weather, np.ones(36) / 36, mode="same") * 6.0
    temperature = 15.0 - 8.0 * np.cos(2 * np.pi * row / 8766) - 4.0 * np.cos(2 * np.pi * row / 24) + weather
    promotion = np.zeros(n, dtype=bool)
    for start in draw.integers(0, n, weeks):
        promotion[start : start + draw.integers(24, 96)] = True
    bare = Panel.from_array(np.zeros((n, 2)), "2024-01-01", "1h", ["north", "south"])
    days = bare.clock.stamps().astype("datetime64[D]")
    holiday = np.isin(days, US_2024)
    told = PROMOTION * promotion + HOLIDAY * holiday + DEGREE * np.maximum(temperature - 18.0, 0.0)
    wave = 3.0 * np.cos(2 * np.pi * row[:, None] / 24 + np.array([0.0, 1.0]))
    values = 50.0 + wave + told[:, None] + noise * draw.normal(size=(n, 2))
    return replace(
        bare,
        values=values.astype(np.float32),
        labels={"promotion": np.where(promotion, "on", "off").astype(object)},
        covariates={"temperature": temperature.astype(np.float32)},
    )


US_2024 = np.array(
    [
        *("2024-01-01", "2024-01-15", "2024-02-19", "2024-05-27", "2024-06-19", "2024-07-04"),
        *("2024-09-02", "2024-10-14", "2024-11-11", "2024-11-28", "2024-12-25"),
    ],
    dtype="datetime64[D]",
)
"""Federal holidays of the United States in 2024."""


def fit(
    panel: Panel, factors: Sequence[str | Factor] = FACTORS, covariates: Sequence[Covariate] = (TEMPERATURE,)
) -> Fit:
    """Fit the effects of a panel to all of its rows."""
    part = Part(panel.offsets[:-1], panel.offsets[1:])
    of, told = as_factors(factors), tuple(covariates)
    vocabularies, scale = fit_vocabularies(panel, of, part), fit_scale(panel, part)
    facts = facts_of(panel, of, vocabularies, told, SHAPE.horizon)
    effects = fit_effects(panel, part, scale, choose_basis(of, vocabularies, told, facts, part), facts)
    return Fit(panel, of, vocabularies, told, scale, facts, effects)


@cache
def year() -> Fit:
    """The fit of a year with all effects; tests must not change it."""
    return fit(panel_of())


@cache
def by_series() -> Fit:
    """A fit of a promotion and a price that differ by series."""
    plain, draw = panel_of(weeks=20), np.random.default_rng(1)
    n = len(plain.values)
    promotion = np.repeat(draw.random((n // 24, 2)) < 0.3, 24, axis=0)
    price = draw.normal(size=(n, 2)).astype(np.float32)
    wave = 3.0 * np.cos(2 * np.pi * np.arange(n)[:, None] / 24)
    values = 50.0 + wave + PROMOTION * promotion + PRICE * price + 0.5 * draw.normal(size=(n, 2))
    panel = replace(
        plain,
        values=values.astype(np.float32),
        labels={"promotion": np.where(promotion, "on", "off").astype(object)},
        covariates={"price": price},
    )
    return fit(panel, ("hour", Label("promotion", per_series=True)), (Covariate("price", per_series=True),))


def with_class(facts: Facts, factor: int, index: int, rows: object = slice(None)) -> Facts:
    """Facts in which a shared factor has one class in some rows."""
    classes = facts.classes.copy()
    classes[rows, factor] = index
    return replace(facts, classes=classes)
