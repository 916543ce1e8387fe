"""Effects: what the table says of every row, past and future, as expected values in closed form (docs/theory.md).

``facts`` are the known columns of rows, ``basis`` turns them into features, ``effects`` into expected values, and
``row_effects`` cuts these into windows. ``fit`` solves for the weights.
"""

from divecast.effects.basis import Basis, Group, choose_basis, groups_from_json, groups_to_json
from divecast.effects.design import Design
from divecast.effects.effects import Effects
from divecast.effects.facts import Facts, facts_of
from divecast.effects.fit import fit_effects
from divecast.effects.row_effects import RowEffects

__all__ = [
    "Basis",
    "Design",
    "Effects",
    "Facts",
    "Group",
    "RowEffects",
    "choose_basis",
    "facts_of",
    "fit_effects",
    "groups_from_json",
    "groups_to_json",
]
