"""The features of rows by which effects are described, in groups that are named by the columns they come from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property, reduce
from typing import Any, get_args

import numpy as np
import torch

from divecast._text import plural
from divecast.data import Calendar, Covariate, Factor, Label, Part, Vocabulary
from divecast.data.source import Values
from divecast.effects.covariate_scale import LEAST_VALUES, number_of, scaled_by, varies
from divecast.effects.facts import Facts, Rows, is_cyclic
from divecast.effects.terms import Classes, DayPart, Known, Number, Season, Term, trailing_mean
from divecast.errors import warn_data
from divecast.model.linear.label_covariates import recurring_pairs
from divecast.persistence.adapters import adapter_of

# Our choice: enough knots to be near any bend, where rows are many; parts of the day in which a covariate may act
# differently; three harmonics of the year.
_FEW_KNOTS, _KNOTS = (0.1, 0.3, 0.5, 0.7, 0.9), (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98)
_TRAILING_KNOTS = (0.2, 0.5, 0.8)
_MANY_VALUES = 2000  # different rows from which a function has more knots
_NUMBER_PARTS, _LABEL_PARTS, _SEASON_PAIRS = 4, 24, 3
_HOURS = 24
_MOST_BY_HOUR = 8  # classes of a label whose effects differ by hour
_MOST_SERIES_BY_PART = 512  # series for which a covariate of their own acts by part of the day


@dataclass(frozen=True, slots=True)
class Group:
    """Features of rows: the products of the features of some terms.

    Attributes:
        name: name of the factor or covariate that it describes, or of two: ``hour x weekday``.
        terms: the terms.
        told: whether it is not of the calendar.
        in_advance: whether its values are known for future rows.
        of_series: whether its features differ by series.
        scattered: whether windows of the training part have gaps in it, so that the network is not told of it: it would
            learn what one known row tells of those around it, and add that up over rows that are all known.
    """

    name: str
    terms: tuple[Term, ...]
    told: bool = False
    in_advance: bool = True
    of_series: bool = False
    scattered: bool = False

    @property
    def width(self) -> int:
        """Number of features."""
        return int(np.prod([term.width for term in self.terms]))

    @property
    def is_of_neighbours(self) -> bool:
        """Whether it describes the row by the classes of another one."""
        return any(isinstance(term, Classes) and term.shift for term in self.terms)

    def features(self, facts: Facts, rows: Rows) -> Values:
        """Return (row, feature), or (row, channel, feature) if they differ by series, float32."""
        return reduce(_products, [term.features(facts, rows) for term in self.terms])

    def known(self, facts: Facts, rows: Rows) -> Known:
        """Return whether all columns are known, (row,) or (row, channel)."""
        told = [term.known(facts, rows) for term in self.terms if isinstance(term, Classes | Number)]
        return reduce(np.logical_and, told) if told else np.ones(len(rows), dtype=np.bool_)


@dataclass(frozen=True)
class Basis:
    """All groups of features.

    Attributes:
        groups: the groups; first those of the calendar, then those that the table tells.
    """

    groups: tuple[Group, ...]

    @cached_property
    def shared(self) -> tuple[Group, ...]:
        """Groups whose features are the same for all series."""
        return tuple(group for group in self.groups if not group.of_series)

    @cached_property
    def own(self) -> tuple[Group, ...]:
        """Groups whose features differ by series."""
        return tuple(group for group in self.groups if group.of_series)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Different names of the groups, in order."""
        return tuple(dict.fromkeys(group.name for group in self.groups))

    @cached_property
    def calendar(self) -> tuple[Group, ...]:
        """Groups of the calendar, which come first among the shared ones."""
        return tuple(group for group in self.groups if not group.told)

    @cached_property
    def columns(self) -> tuple[tuple[Classes | Number, bool], ...]:
        """What the network is told as it is: labels and covariates, and whether they are known in advance."""
        told = [(group.terms[0], group.in_advance) for group in self.shared if group.told and not group.scattered]
        plain = [(term, ahead) for term, ahead in told if isinstance(term, Classes | Number) and term.is_plain]
        return tuple(dict.fromkeys(plain))

    @property
    def n_columns(self) -> int:
        """Number of columns of ``columns``: one of a covariate, and of a label one less than its classes."""
        return sum(term.width - 1 if isinstance(term, Classes) else 1 for term, _ in self.columns)

    @cached_property
    def rows_before(self) -> dict[str, int]:
        """How many rows before a row are read for its effects, by the name of the group, where it is not 0."""
        found: dict[str, int] = {}
        for group in self.groups:
            rows = max((term.rows_before for term in group.terms if isinstance(term, Classes | Number)), default=0)
            if rows:
                found[group.name] = max(rows, found.get(group.name, 0))
        return found

    @property
    def is_told(self) -> bool:
        """Whether a group is not of the calendar."""
        return len(self.calendar) < len(self.groups)

    @property
    def all_in_advance(self) -> bool:
        """Whether the values of all groups are known for future rows."""
        return all(group.in_advance for group in self.groups)

    def with_scattered(self, names: Collection[str]) -> "Basis":
        """Return the same features, those of these columns marked as scattered."""
        return Basis(tuple(replace(group, scattered=group.name in names) for group in self.groups))

    def check(self, n_classes: Sequence[int], n_covariates: int, n_series: int) -> None:
        """Check that the features fit the columns of a model.

        Args:
            n_classes: number of classes of each factor.
            n_covariates: number of covariates.
            n_series: number of series.

        Raises:
            ValueError: a group is of no column of the model, or damaged.
        """
        if [group.told for group in self.groups] != sorted(group.told for group in self.groups):
            raise ValueError("expected the groups of the calendar first")
        for group in self.groups:
            if not group.terms or not all(_fits(term, n_classes, n_covariates, n_series) for term in group.terms):
                raise ValueError(f"expected features of the columns of the model in group {group.name!r:.80}")

    def place(self, group: Group) -> slice:
        """Return where the features of a group lie among those of its kind, shared or not."""
        kind = self.own if group.of_series else self.shared
        before = sum(each.width for each in kind[: kind.index(group)])
        return slice(before, before + group.width)


def choose_basis(
    factors: Sequence[Factor],
    vocabularies: Sequence[Vocabulary],
    covariates: Sequence[Covariate],
    facts: Facts,
    train: Part,
    without: Collection[str] = (),
) -> Basis:
    """Choose the features for the columns of a panel, but for labels and covariates ``without`` effects, by name.

    Cyclic factors act by class, those that recur together by pairs of classes (hour of the week); month and season as
    a smooth function of the year, by the hour of the day if that is a factor. Labels and holidays act by the time of
    day, with the row (a holiday: the day) before and after. Covariates act by a piecewise linear function, by part of
    the day, and their mean over a day by one for the whole day.
    """
    rows = train.rows()
    calendar = _calendar_groups(factors, vocabularies, facts, rows)
    labels = [group for at in range(len(factors)) for group in _label_groups(at, factors[at], vocabularies[at], facts)]
    numbers = [group for at, each in enumerate(covariates) for group in _number_groups(at, each, facts, rows)]
    told = [group for group in (*labels, *numbers) if group.name not in without]
    return Basis(tuple(sorted((*calendar, *told), key=lambda group: group.told)))


def _calendar_groups(
    factors: Sequence[Factor], vocabularies: Sequence[Vocabulary], facts: Facts, rows: Rows
) -> list[Group]:
    cyclic = [at for at, factor in enumerate(factors) if is_cyclic(factor)]
    of_year = [at for at in cyclic if factors[at].name in ("month", "season")]
    of_week = [at for at in cyclic if at not in of_year]
    groups = [Group(factors[at].name, (_classes(at, vocabularies[at]),)) for at in of_week]
    sizes = [len(vocabularies[at].classes) for at in of_week]
    codes = torch.from_numpy(facts.classes[rows][:, of_week].astype(np.int64))
    for i, j in recurring_pairs(codes, sizes):
        one, two = of_week[i], of_week[j]
        terms = (_classes(one, vocabularies[one]), _classes(two, vocabularies[two]))
        groups.append(Group(f"{factors[one].name} x {factors[two].name}", terms))
    if of_year and _spans_a_year(facts, rows):
        season, name = Season(_SEASON_PAIRS), factors[of_year[0]].name
        groups.append(Group(name, (season,)))
        by_hour = [at for at in of_week if factors[at].name in ("hour", "half_hour")]
        if by_hour and facts.per_day > 1:
            groups.append(Group(f"{name} x hour", (season, DayPart(24))))
    return groups


def _spans_a_year(facts: Facts, rows: Rows) -> bool:
    """Return whether the training rows cover the year: no gap of more than an eleventh of it."""
    seen = np.unique(facts.year[rows])
    gaps = np.diff(seen, append=seen[:1] + 1.0)
    return bool(gaps.max() <= 1.0 / 11.0)


def _label_groups(at: int, factor: Factor, vocabulary: Vocabulary, facts: Facts) -> list[Group]:
    """Return the groups of a label, of a holiday, or of the weekend."""
    if is_cyclic(factor):
        return []
    own = facts.of_series[at] is not None
    told = isinstance(factor, Label) or factor.name == "holiday"
    neighbour = facts.per_day if isinstance(factor, Calendar) else 1
    groups = []
    for shift in (0, -neighbour, neighbour) if told else (0,):
        term = Classes(at, vocabulary.frequencies, shift)
        groups.append(Group(factor.name, (term,), told, of_series=own))
        by_hour = facts.per_day > 1 and not own and len(vocabulary.classes) <= _MOST_BY_HOUR
        if by_hour and (shift == 0 or isinstance(factor, Calendar)):
            groups.append(Group(factor.name, (term, DayPart(_LABEL_PARTS)), told))
    return groups


def _number_groups(at: int, covariate: Covariate, facts: Facts, rows: Rows) -> list[Group]:
    values, series = facts.number_at(at, rows), facts.series_of(at, rows)
    own, by_series = values.ndim == 2, facts.own_numbers[at]
    n_known = int((~np.isnan(values)).sum())
    if n_known < LEAST_VALUES or not varies(values, series):
        where = " within each series" if by_series and n_known >= LEAST_VALUES else ""
        warn_data(
            f"Covariate {covariate.name!r} is not used: {plural(n_known, 'value')} in the training part "
            f"{'are all equal' if n_known >= LEAST_VALUES else 'are too few'}{where}",
            hint="Give what differs between series alone in {static}" if where else None,
        )
        return []

    def group(*terms: Term) -> Group:
        return Group(covariate.name, terms, told=True, in_advance=covariate.known_ahead, of_series=own)

    number = number_of(at, values, _KNOTS if len(values) >= _MANY_VALUES else _FEW_KNOTS, series=series)
    by_day = facts.per_day > 1
    by_part = by_day and (not own or values.shape[1] <= _MOST_SERIES_BY_PART)
    groups = [group(number, DayPart(_NUMBER_PARTS)) if by_part else group(number)]
    if by_day and not own:
        trailing = trailing_mean(facts.numbers[at], facts.per_day)[rows]
        groups.append(group(number_of(at, trailing, _TRAILING_KNOTS, facts.per_day, series)))
    return groups


def for_series(basis: Basis, facts: Facts, past: Rows, known: Rows | None = None) -> Basis:
    """Return the basis for other series, in which covariates that differ by series count from the mean of these.

    Args:
        basis: the features.
        facts: known columns of the rows of these series.
        past: the rows that are not of the future, whose values give the means.
        known: (series,) numbers that they have in the fit, whose means count then, and -1 for new ones; None for new.
    """

    def of(term: Term) -> Term:
        if not isinstance(term, Number) or isinstance(term.centre, float):
            return term
        values, series = facts.number_at(term.covariate, past), facts.series_of(term.covariate, past)
        return scaled_by(term, values, series, known)

    return Basis(tuple(replace(group, terms=tuple(map(of, group.terms))) for group in basis.groups))


def _classes(at: int, vocabulary: Vocabulary) -> Classes:
    return Classes(at, vocabulary.frequencies)


def _products(one: Values, two: Values) -> Values:
    """Return the products of two sets of features, (row, [channel,] feature)."""
    if one.ndim != two.ndim:
        one, two = (each if each.ndim == 3 else each[:, None] for each in (one, two))
    product = one[..., :, None] * two[..., None, :]
    return product.reshape(*product.shape[:-2], -1)


def _fits(term: Term, n_classes: Sequence[int], n_covariates: int, n_series: int) -> bool:
    if isinstance(term, Classes):
        return 0 <= term.factor < len(n_classes) and term.width == n_classes[term.factor]
    if isinstance(term, Number):
        centre, spread = term.scale()
        whole = term.trailing >= 1 and len(term.means) == term.width and centre.shape == spread.shape
        sound = bool(np.isfinite(centre).all() and (spread > 0.0).all()) and centre.shape in ((), (n_series,))
        return whole and sound and 0 <= term.covariate < n_covariates
    if isinstance(term, DayPart):
        return 1 <= term.n_parts <= _HOURS and _HOURS % term.n_parts == 0
    return term.n_pairs >= 1


def groups_to_json(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Return groups as JSON values."""
    return [
        {
            **adapter_of(Group).dump_python(replace(group, terms=()), mode="json"),
            "terms": [{"type": type(term).__name__, **asdict(term)} for term in group.terms],
        }
        for group in groups
    ]


def groups_from_json(plain: Sequence[Mapping[str, Any]]) -> tuple[Group, ...]:
    """Read the result of ``groups_to_json``.

    Raises:
        ValueError, LookupError, TypeError: it is malformed.
    """
    kinds = {kind.__name__: kind for kind in get_args(Term)}
    groups = []
    for each in plain:
        terms = tuple(
            adapter_of(kinds[term["type"]]).validate_python({k: v for k, v in term.items() if k != "type"})
            for term in each["terms"]
        )
        groups.append(replace(adapter_of(Group).validate_python({**each, "terms": ()}), terms=terms))
    return tuple(groups)
