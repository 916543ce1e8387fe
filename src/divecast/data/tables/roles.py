"""Columns of a table beside its values: labels and covariates."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from divecast.data.covariates import Covariate, as_covariates
from divecast.data.factors import Label
from divecast.data.names import listed, one_form
from divecast.data.source import Column
from divecast.data.tables.columns import Frame, get_series
from divecast.data.tables.label_columns import read_labels
from divecast.data.tables.numbers import RowText, read_numbers
from divecast.errors import ConfigError, DataError


@dataclass(frozen=True, slots=True)
class Roles:
    """Which columns of a table are labels or covariates.

    Attributes:
        labels: the labels.
        covariates: the covariates.
    """

    labels: tuple[Label, ...] = ()
    covariates: tuple[Covariate, ...] = ()

    @classmethod
    def of(cls, labels: Sequence[str | Label], covariates: Sequence[str | Covariate]) -> "Roles":
        """Roles from names; where a label is named and given as a Label, too, the latter counts.

        Raises:
            ConfigError: two covariates have the same name, or an entry is of another kind.
            DataError: a column is named as label and as covariate.
        """
        if strange := [label for label in labels if not isinstance(label, str | Label)]:
            raise ConfigError(expected="names or Label", found=f"{strange[0]!r:.80}", argument="labels")
        by_name = {one_form(label): Label(label) for label in labels if isinstance(label, str)}
        by_name |= {label.name: label for label in labels if isinstance(label, Label)}
        numbers = as_covariates(covariates)
        if both := [covariate.name for covariate in numbers if covariate.name in by_name]:
            raise DataError(
                f"Column {listed(both)} is named as a label and as a covariate",
                hint="Name it in {covariates} if its size counts, else as a label",
                argument="covariates",
            )
        return cls(tuple(by_name.values()), numbers)

    def only(self, names: Collection[str]) -> "Roles":
        """The roles of these columns."""
        return Roles(
            tuple(label for label in self.labels if label.name in names),
            tuple(covariate for covariate in self.covariates if covariate.name in names),
        )

    def like(self, per_series: Mapping[str, bool]) -> "Roles":
        """The same roles, each per series or not as said for its name, if anything is."""
        return Roles(
            tuple(replace(one, per_series=per_series.get(one.name, one.per_series)) for one in self.labels),
            tuple(replace(one, per_series=per_series.get(one.name, one.per_series)) for one in self.covariates),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, labels first."""
        return (*(label.name for label in self.labels), *(covariate.name for covariate in self.covariates))

    @property
    def per_series(self) -> tuple[str, ...]:
        """Names of the columns of which every series has its own."""
        labels = (label.name for label in self.labels if label.per_series)
        return (*labels, *(covariate.name for covariate in self.covariates if covariate.per_series))

    def read(self, frame: Frame, row_text: RowText) -> dict[str, Column]:
        """Columns by name, each (table row,): labels as they are, covariates as float32.

        Raises:
            DataError: a cell of a covariate is not a finite number.
        """
        columns: dict[str, Column] = {label.name: read_labels(get_series(frame, label.name)) for label in self.labels}
        for covariate in self.covariates:
            series = get_series(frame, covariate.name)
            columns[covariate.name] = read_numbers(series, covariate.name, row_text, "covariate")
        return columns
