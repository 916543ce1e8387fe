"""Forecasts as tables, one after another, from and to files that may be larger than memory."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from divecast.cli.loaded import data_for
from divecast.cli.options import Layout
from divecast.cli.settings import Settings
from divecast.data import store_from_parquet
from divecast.data.tables.parquet_files import ParquetFiles, is_address
from divecast.data.tables.read import readable
from divecast.estimator import DeepDIVE
from divecast.inference.forecasting import Share
from divecast.inference.predict import LabelMode
from divecast.persistence.atomic import scratch_beside

_LARGE = 1 << 29  # bytes of a table that is read whole at most


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be forecast.

    Attributes:
        data: as :func:`divecast.cli.inputs.read_data` takes it.
        settings: how to read it, the device, and the quantiles.
        layout: of the tables.
        start: first time to forecast from; after the end of the data when None.
        stop: last one.
        every: rows from one to the next.
        labels: whether known labels are handed over.
    """

    data: str
    settings: Settings
    layout: Layout
    start: str | None
    stop: str | None
    every: int
    labels: LabelMode

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantiles, rising."""
        return tuple(sorted(self.settings.levels))

    def tables(self, fitted: DeepDIVE, share: Share | None = None) -> Iterator[Any]:
        """Return the tables in order, or a share of them; what is asked for is checked before the first is taken."""
        batches = fitted.forecast_batches(
            data_for(fitted, self.data, self.settings),
            start=self.start,
            stop=self.stop,
            every=self.every,
            labels=self.labels,
            levels=self.levels,
            share=share or Share(),
        )
        return (batch.frame(self.layout) for batch in batches)


@contextmanager
def streamed(asked: Asked, fitted: DeepDIVE, out: Path) -> Iterator[Asked]:
    """Put large Parquet into a store beside ``out`` while the block lasts, so that it is not read whole.

    That can be done with a column a channel and no labels among them; all else stays as it is.
    """
    settings, about = asked.settings, fitted.info()
    channels, labels = settings.channels or about["channels"], {*settings.label_columns, *about["factors"]}
    if settings.recording or not _is_large(asked.data, channels, labels):
        yield asked
        return
    with scratch_beside(out) as folder:
        tz = settings.tz or about.get("tz")
        yield replace(asked, data=str(store_from_parquet(folder / "store", asked.data, settings.time, tz, channels)))


def _is_large(place: str, channels: Sequence[str], labels: AbstractSet[str]) -> bool:
    if not is_address(place) and not (place.lower().endswith((".parquet", ".pq")) and Path(place).is_file()):
        return False
    with readable(place):
        files = ParquetFiles.at(place)
        columns = {*files.schema.names}
        return 8 * files.n_rows * len(columns) > _LARGE and {*channels} <= columns - labels
