"""Effects: what the table says of every row, past and future, as expected values in closed form (docs/theory.md).

``facts`` are the known columns of rows, ``basis`` turns them into features, ``effects`` into expected values, and
``row_effects`` cuts these into windows; ``lacking`` names what rows lack; ``moved`` and ``typical`` give the effects of
other rows. ``fit`` solves for the weights.
"""

from divecast.effects.basis import Basis, Group, choose_basis, for_series, groups_from_json, groups_to_json
from divecast.effects.changed import (
    Change,
    Extent,
    ExtentOfSeries,
    NewClass,
    NewNumber,
    changed_values,
    groups_of,
    plain_number,
)
from divecast.effects.design import Design
from divecast.effects.effects import Effects
from divecast.effects.facts import ALL, Facts, facts_of
from divecast.effects.fit import fit_effects
from divecast.effects.lacking import Untold, far, gaps, untold
from divecast.effects.row_effects import RowEffects
from divecast.effects.typical import Wanted, typical_effects

__all__ = [
    "ALL",
    "Basis",
    "Change",
    "Design",
    "Effects",
    "Extent",
    "ExtentOfSeries",
    "Facts",
    "Group",
    "NewClass",
    "NewNumber",
    "RowEffects",
    "Untold",
    "Wanted",
    "changed_values",
    "choose_basis",
    "facts_of",
    "far",
    "fit_effects",
    "for_series",
    "gaps",
    "groups_from_json",
    "groups_of",
    "groups_to_json",
    "plain_number",
    "typical_effects",
    "untold",
]
