"""What a search tries: values or a range of each setting."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import product
from math import prod
from typing import Any

from divecast.errors import ConfigError
from divecast.persistence.json_values import plain

Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Between:
    """A range of numbers to search: whole ones if both ends are.

    Attributes:
        low: lowest value.
        high: highest value.
        log: whether to draw evenly on a logarithmic scale, as for a learning rate.
        step: distance of the values; None for all.

    Raises:
        ConfigError: the ends are no numbers, or out of order, or a logarithmic range has a step or reaches 0.

    Example:
        >>> Between(1e-4, 1e-2, log=True)
        Between(low=0.0001, high=0.01, log=True, step=None)
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def __post_init__(self) -> None:
        """Check the range."""
        numbers = [self.low, self.high, *([] if self.step is None else [self.step])]
        if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in numbers):
            raise ConfigError("A range has numbers as low, high and step", found=repr(self), argument="tries")
        if not self.low < self.high or (self.step is not None and self.step <= 0):
            raise ConfigError("A range goes up from low to high", found=repr(self), argument="tries")
        if self.log and (self.low <= 0 or self.step is not None):
            raise ConfigError("A logarithmic range is above 0 and has no step", found=repr(self), argument="tries")

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)


@dataclass(frozen=True, slots=True)
class Space:
    """Values and ranges by dotted name of the setting.

    Attributes:
        tries: what to try of each.
    """

    tries: Mapping[str, Values | Between]

    @classmethod
    def of(cls, tries: Any) -> "Space":
        """Read what a user wants to try; a range may be a mapping with the fields of ``Between``.

        Raises:
            ConfigError: there is nothing to try, or it is neither values nor a range.
        """
        if not isinstance(tries, Mapping) or not tries:
            expected = 'values by setting, such as {"training.clip": [0.5, 1.0]}'
            raise ConfigError(expected=expected, found=repr(tries), argument="tries")
        return cls({name: _read(name, values) for name, values in tries.items()})

    @property
    def size(self) -> int | None:
        """Number of combinations; None if there is a range."""
        lists = [values for values in self.tries.values() if not isinstance(values, Between)]
        return prod(len(values) for values in lists) if len(lists) == len(self.tries) else None

    def examples(self) -> list[dict[str, Any]]:
        """Return combinations in which each value, and each end of a range, occurs at least once."""
        ends = {
            name: [values.low, values.high] if isinstance(values, Between) else list(values)
            for name, values in self.tries.items()
        }
        first = {name: values[0] for name, values in ends.items()}
        return [first, *(first | {name: value} for name, values in ends.items() for value in values[1:])]

    def combinations(self) -> Iterator[dict[str, Any]]:
        """Yield all combinations as Optuna stores them, the values of the last setting first."""
        texts = [list(self._texts(name)) for name in self.tries]
        return (dict(zip(self.tries, combination, strict=True)) for combination in product(*texts))

    def suggest(self, trial: Any) -> dict[str, Any]:
        """Return the settings that Optuna chooses for a trial."""
        return {name: self._suggested(trial, name) for name in self.tries}

    def settings(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a stored trial."""
        return {
            name: params[name] if isinstance(values, Between) else self._texts(name)[params[name]]
            for name, values in self.tries.items()
        }

    def to_json(self) -> Any:
        """Return the space as JSON values."""
        return {
            name: {each.name: getattr(values, each.name) for each in fields(values)}
            if isinstance(values, Between)
            else list(self._texts(name))
            for name, values in self.tries.items()
        }

    def _suggested(self, trial: Any, name: str) -> Any:
        values = self.tries[name]
        if not isinstance(values, Between):
            texts = self._texts(name)
            return texts[trial.suggest_categorical(name, list(texts))]
        suggest = trial.suggest_int if values.whole else trial.suggest_float
        return suggest(
            name, values.low, values.high, log=values.log, **({} if values.step is None else {"step": values.step})
        )

    def _texts(self, name: str) -> dict[str, Any]:
        """Return the values of a setting by their text, as which Optuna stores them: it knows no lists."""
        values = self.tries[name]
        assert not isinstance(values, Between)  # noqa: S101  of values alone
        return {json.dumps(plain(value)): value for value in values}


def _read(name: str, values: Any) -> Values | Between:
    if isinstance(values, Between):
        return values
    if isinstance(values, Mapping):
        try:
            return Between(**values)
        except TypeError as error:
            expected = f'a range for {name!r}, such as {{"low": 0.001, "high": 0.1, "log": true}}'
            raise ConfigError(expected=expected, found=repr(values), argument="tries") from error
    if isinstance(values, str) or not isinstance(values, Sequence) or not values:
        expected = f"a list of values for {name!r}, such as [8, 16], or a range"
        raise ConfigError(expected=expected, found=repr(values), argument="tries")
    return values
