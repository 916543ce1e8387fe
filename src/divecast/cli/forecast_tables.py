"""Forecasts as a stream of tables, from and to files that may be larger than memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from divecast.cli.inputs import data_for, opening_times
from divecast.cli.options import Layout
from divecast.cli.settings import CommandSettings
from divecast.cli.sums import reconciled
from divecast.data import Label, store_from_parquet
from divecast.data.names import chosen
from divecast.data.tables.parquet_files import ParquetFiles, is_address
from divecast.data.tables.read import readable
from divecast.data.tables.roles import Roles
from divecast.estimator import DeepDIVE
from divecast.inference.forecasting import Share
from divecast.inference.predict import LabelMode
from divecast.inference.results import Forecast
from divecast.interfaces.hierarchy import Method
from divecast.persistence.atomic import scratch_beside

_LARGE = 1 << 29  # bytes; a larger table is not read whole


@dataclass(frozen=True, slots=True)
class ForecastRequest:
    """What to forecast.

    Attributes:
        data: as :func:`divecast.cli.inputs.read_data` takes it.
        settings: how to read the data, the device, and the quantile levels.
        layout: layout of the tables.
        start: first forecast start; None for the end of the data.
        stop: last forecast start.
        every: rows from one forecast to the next.
        labels: whether known labels are used or all are inferred.
        own_origin: whether each series is forecast from its own last value on; None for what suits the model.
        reconcile: method by which series and the sums of groups are made to add up; None to leave them.
        n_paths: number of sample paths, of which reconciled quantiles are.
    """

    data: str
    settings: CommandSettings
    layout: Layout
    start: str | None
    stop: str | None
    every: int
    labels: LabelMode
    own_origin: bool | None = None
    reconcile: Method | None = None
    n_paths: int = 0

    def tables(self, model: DeepDIVE, share: Share | None = None, series: set[str] | None = None) -> Iterator[Any]:
        """Return all tables in order, or a share of them; the request is checked before the first one.

        Args:
            model: the fitted model.
            share: the share; None for all.
            series: is given the names of the series of each table.
        """
        add_up = reconciled(self.settings.groups, self.reconcile)
        batches = model.forecast_batches(
            data_for(model, self.data, self.settings, summed=self.reconcile == "bottom_up"),
            start=self.start,
            stop=self.stop,
            every=self.every,
            labels=self.labels,
            levels=self.settings.rising_levels,
            share=share or Share(),
            own_origin=self.own_origin,
            n_paths=self.n_paths,
        )

        def table(batch: Forecast) -> Any:
            batch = add_up(batch)
            if series is not None:
                series.update(batch.channels)
            return batch.frame(self.layout)

        return map(table, batches)


@contextmanager
def streamed(request: ForecastRequest, model: DeepDIVE, out: Path) -> Iterator[ForecastRequest]:
    """Put large Parquet data into a temporary store beside ``out``, so that it is not read whole.

    This needs one column per channel; other requests are yielded unchanged. Labels and covariates are kept.
    """
    settings, fitted = request.settings, model.fitted_model
    plan = fitted.provenance.plan
    roles = Roles.of([factor for factor in plan.factors if isinstance(factor, Label)], plan.covariates)
    columns = _columns_of_large(request.data)
    channels = chosen(settings.channels, columns) or fitted.series or fitted.channels
    ends = (settings.stamps or fitted.provenance.stamps) == "end" or bool(
        settings.time_format or fitted.read_names.time_format
    )
    if settings.recording or ends or not {*channels} <= columns - {*settings.label_columns, *roles.names}:
        yield request
        return
    with scratch_beside(out) as folder:
        time = settings.time or fitted.read_names.known(columns).time
        tz, there = settings.tz or fitted.provenance.time_zone, roles.only(columns)
        store = store_from_parquet(
            folder / "store",
            request.data,
            time,
            tz,
            channels,
            there.labels,
            there.covariates,
            calendar=opening_times(settings, fitted.provenance.slots),
        )
        yield replace(request, data=str(store))


def _columns_of_large(data: str) -> set[str]:
    """Names of the columns of large Parquet; none for other data."""
    if not is_address(data) and not (data.lower().endswith((".parquet", ".pq")) and Path(data).is_file()):
        return set()
    with readable(data):
        files = ParquetFiles.at(data)
        columns = {*files.schema.names}
        return columns if 8 * files.n_rows * len(columns) > _LARGE else set()
