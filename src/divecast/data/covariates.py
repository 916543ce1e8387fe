"""Covariates: columns of numbers beside the target that a model is told about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from divecast.data.names import listed, one_form, repeated
from divecast.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Covariate:
    """A column of numbers that is not forecast but helps to forecast, such as a temperature or a price.

    Attributes:
        name: name of the column.
        known_ahead: whether its values are known for rows to forecast, as a price plan or a weather forecast is.
        per_series: whether every series has its own values; else all series of a time share one.

    Example:
        >>> Covariate("temperature")
        Covariate(name='temperature', known_ahead=True, per_series=False)
        >>> Covariate("price", per_series=True).per_series
        True
    """

    name: str
    known_ahead: bool = True
    per_series: bool = False

    def __post_init__(self) -> None:
        """Bring the name to its one form."""
        if isinstance(self.name, str):
            object.__setattr__(self, "name", one_form(self.name))


def as_covariates(specs: Sequence[str | Covariate]) -> tuple[Covariate, ...]:
    """Turn names into covariates.

    Args:
        specs: names and covariates. A name means one that is known ahead and shared by all series.

    Raises:
        ConfigError: two covariates have the same name, or an entry is neither name nor covariate.

    Example:
        >>> as_covariates(["price"])
        (Covariate(name='price', known_ahead=True, per_series=False),)
    """
    if isinstance(specs, str) or not isinstance(specs, Iterable):
        raise ConfigError(
            expected="a list of covariates", found=repr(specs), hint="Write it in brackets", argument="covariates"
        )
    covariates = tuple(_as_covariate(spec) for spec in specs)
    if twice := repeated(covariate.name for covariate in covariates):
        raise ConfigError(f"There is more than one covariate {listed(twice)}", argument="covariates")
    return covariates


def _as_covariate(spec: str | Covariate) -> Covariate:
    if isinstance(spec, Covariate):
        return spec
    if not isinstance(spec, str):
        raise ConfigError(expected="names or Covariate", found=type(spec).__name__, argument="covariates")
    return Covariate(spec)
