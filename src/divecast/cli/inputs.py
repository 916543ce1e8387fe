"""Models and data named on the command line."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from divecast.cli.console import tell
from divecast.cli.options import ModelOptions
from divecast.cli.settings import CommandSettings
from divecast.cli.sums import check_sums, with_sums
from divecast.data import Panel, Recordings, add_future, read_source
from divecast.data.as_read import ReadNames
from divecast.data.describe import described
from divecast.data.time.business_days import Opening, calendar_from_text, read_holidays
from divecast.data.time.open_slots import OpenSlots
from divecast.errors import ArtifactError, DataError
from divecast.estimator import DeepDIVE
from divecast.inference.provenance import FitPlan

_YEARS = 1970, 2070


def read_data(  # noqa: PLR0913  what a command and a model say of the data
    name: str,
    settings: CommandSettings,
    plan: FitPlan,
    *,
    absent_labels: bool = False,
    calendar: Opening = "auto",
    like: ReadNames | None = None,
    known: Collection[str] | None = None,
) -> Panel | Recordings:
    """Read a file, a store or a shipped data set, with the selected channels, and say how it was read.

    Args:
        name: a path, or the name of a shipped data set.
        settings: how to read it.
        plan: settings of the model, whose factors and covariates name columns.
        absent_labels: whether these columns may be absent.
        calendar: opening times if the settings name none; by default those that the data tell.
        like: names of the columns of the table that a model was fitted on.
        known: series of a fitted model; sums of groups that are not among them are left out.

    Raises:
        DataError: the data do not exist, cannot be read with these settings, or lack a column of a factor or covariate.
    """
    try:
        source = read_source(
            name,
            factors=plan.factors,
            absent_labels=absent_labels,
            labels=settings.label_columns,
            covariates=plan.covariates,
            static=settings.static,
            known=settings.known,
            id=settings.id,
            time=settings.time,
            value=settings.value,
            tz=settings.tz,
            recording=settings.recording,
            rate=settings.rate,
            channels=settings.channels,
            text=settings.text,
            time_format=settings.time_format,
            stamps=settings.stamps or "start",
            calendar=opening_times(settings, calendar),
            like=like,
        )
    except OSError as error:  # what the readers let through
        raise DataError(f"{name} cannot be read ({error.strerror or error})", argument="data") from error
    except UnicodeError as error:
        raise DataError(f"{name} cannot be read ({error})", hint="Save it again, text as UTF-8") from error
    if settings.groups is not None:
        source = with_sums(source, settings.groups, known)
    names = [factor.name for factor in plan.factors], [covariate.name for covariate in plan.covariates]
    tell(f"{described(source, *names)}.")
    return source


def opening_times(settings: CommandSettings, otherwise: Opening) -> Opening:
    """Return the opening times that settings name, or else others with the holidays of the settings.

    Raises:
        ConfigError: they are malformed.
    """
    if settings.calendar is None and isinstance(otherwise, OpenSlots):
        dates = read_holidays(settings.holidays, *_YEARS)
        return replace(otherwise, closed=tuple(sorted({*otherwise.closed, *dates})))
    if settings.calendar is None and not settings.holidays:
        return otherwise
    return calendar_from_text(settings.calendar, settings.holidays)


def load_model(path: Path, settings: CommandSettings) -> DeepDIVE:
    """Load a model.

    Raises:
        ArtifactError: the file does not exist or is not a complete model.
        ConfigError: the device does not exist.
    """
    if path.is_dir():
        raise ArtifactError(f"{path} is a folder, not a model file")
    return DeepDIVE.load(path, settings.device)


def load_with_data(
    inputs: ModelOptions, settings: CommandSettings | None = None, *, summed: bool = False
) -> tuple[DeepDIVE, Panel | Recordings]:
    """Load a model, and read data as they were read for the fit.

    Args:
        inputs: which model and data.
        settings: settings of the command; by default those of ``inputs`` alone.
        summed: whether the command sums groups of series itself, so that the model need not know them.

    Raises:
        DataError: the data cannot be used.
        ArtifactError: the model cannot be read.
        ConfigError: a setting is wrong, or the device does not exist.
    """
    settings = settings or inputs.settings()
    model = load_model(inputs.model, settings)
    return model, data_for(model, inputs.data.path, settings, summed=summed)


def data_for(model: DeepDIVE, data: str, settings: CommandSettings, *, summed: bool = False) -> Panel | Recordings:
    """Read data as they were read for the fit of a model: in its time zone, with its label columns if there are any.

    The rows that the settings name as those of the future follow those of the data; so do the sums of groups of series
    that the model knows.

    Args:
        model: the fitted model.
        data: as :func:`read_data` takes it.
        settings: how to read them.
        summed: whether groups of series are summed later, so that the model need not know the sums.

    Raises:
        ConfigError: the model knows none of the groups.
        DataError: the data cannot be used.
    """
    provenance = model.fitted_model.provenance
    of_fit = replace(settings, tz=settings.tz or provenance.time_zone, stamps=settings.stamps or provenance.stamps)
    like, known = model.fitted_model.read_names, model.fitted_model.series or model.fitted_model.channels
    if not summed:
        check_sums(settings.groups, known)
    source = read_data(data, of_fit, model.plan, absent_labels=True, calendar=provenance.slots, like=like, known=known)
    if settings.future is None:
        return source
    if not isinstance(source, Panel):
        raise DataError("Recordings have no clock, so they take no rows of the future", argument="future")
    return add_future(
        source,
        settings.future,
        model.plan.factors,
        model.plan.covariates,
        time=settings.time,
        id=settings.id,
        text=settings.text.or_as(like.text),
        time_format=settings.time_format or like.time_format,
    )
