"""The models of a service, by name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, Field

from divecast.data import Covariate, Vocabulary
from divecast.errors import ConfigError
from divecast.inference.fitted_model import FittedModel


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file to serve.

    Attributes:
        name: what requests call the model.
        path: the file.
    """

    name: str
    path: Path

    @classmethod
    def parse(cls, text: str) -> "ModelFile":
        """Return the file that ``FILE`` or ``NAME=FILE`` tells; the name is that of the file by default.

        Raises:
            ConfigError: the name has other characters than letters, digits, ``-``, ``_`` and ``.``.
        """
        name, sign, path = text.partition("=")
        file = Path(path if sign else text)
        name = name if sign else file.stem
        if not name or not all(letter.isalnum() or letter in "-_." for letter in name) or not name.isascii():
            raise ConfigError(
                f"A model cannot be called {name!r} in an address",
                hint="Name it with letters, digits, -, _ and .: plant=FILE",
                argument="model",
            )
        return cls(name, file)


def files_of(texts: Sequence[str]) -> tuple[ModelFile, ...]:
    """Return the files of a service.

    Raises:
        ConfigError: a name is not possible, or two files have the same.
    """
    files = tuple(ModelFile.parse(text) for text in texts)
    names = [file.name for file in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(
            f"Two models have the name {twice[0]!r}", hint="Name them apart: first=FILE second=FILE", argument="model"
        )
    return files


class FactorAnswer(BaseModel):
    """A factor of a model."""

    name: str
    kind: str = Field(description="plain, ordered or cyclic.")
    classes: list[str]


class CovariateAnswer(BaseModel):
    """A covariate of a model."""

    name: str
    known_ahead: bool = Field(description="Whether the rows to forecast should have it.")
    per_series: bool


class ModelAnswer(BaseModel):
    """A model of the service."""

    name: str
    horizon: int = Field(description="Steps that are forecast.")
    lookback: int = Field(description="Rows of a window.")
    rows_needed: int = Field(description="Rows with values that a request should have, or more.")
    frequency: str = Field(description="Step of the rows.")
    tz: str | None = Field(description="Time zone of times that name none; null for recordings.")
    series: list[str] = Field(description="Names of the series of the fit.")
    independent: bool = Field(description="Whether each series is forecast on its own, also others than these.")
    factors: list[FactorAnswer]
    covariates: list[CovariateAnswer]
    columns: list[str] = Field(description="Columns of the table of the fit that named the series and the time.")


class ModelsAnswer(BaseModel):
    """The models of the service."""

    models: list[ModelAnswer]


def describe(name: str, fitted: FittedModel) -> ModelAnswer:
    """Describe a model."""
    read, plan = fitted.read_names, fitted.provenance.plan
    keys = [*read.ids, *([] if read.time is None else [read.time])]
    return ModelAnswer(
        name=name,
        horizon=fitted.shape.horizon,
        lookback=fitted.shape.lookback,
        rows_needed=fitted.rows_needed,
        frequency=fitted.frequency,
        tz=None if fitted.provenance.until is None else fitted.provenance.time_zone,
        series=list(fitted.series or fitted.channels),
        independent=fitted.independent,
        factors=[_factor(known) for known in fitted.known_vocabularies],
        covariates=[_covariate(covariate) for covariate in plan.covariates],
        columns=keys,
    )


def _factor(known: Vocabulary) -> FactorAnswer:
    return FactorAnswer(name=known.name, kind=known.kind, classes=list(known.classes))


def _covariate(covariate: Covariate) -> CovariateAnswer:
    return CovariateAnswer(name=covariate.name, known_ahead=covariate.known_ahead, per_series=covariate.per_series)
