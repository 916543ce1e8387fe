"""Forecasts made in parts by the workers of a Ray cluster, and put together again in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from divecast.cli.forecast_tables import Asked
from divecast.cli.loaded import load_model
from divecast.data import write_frames
from divecast.data.datasets import is_shipped
from divecast.data.tables.parquet_files import is_address
from divecast.errors import DivecastError
from divecast.estimator import DeepDIVE
from divecast.inference.forecasting import Share
from divecast.jobs.ray_workers import cluster
from divecast.jobs.workers import make_files
from divecast.persistence.atomic import scratch_beside

_PARTS_EACH = 2  # parts a processor, so that a slow one holds up little


@dataclass(frozen=True, slots=True)
class PartJob:
    """One part of the forecasts.

    Attributes:
        model: file of the model.
        asked: all forecasts.
        share: those of this part.
        file: Parquet file they go to; it is empty where there are none.
    """

    model: Path
    asked: Asked
    share: Share
    file: Path


@contextmanager
def tables_from_ray(asked: Asked, fitted: DeepDIVE, model: Path, address: str, out: Path) -> Iterator[Iterator[Any]]:
    """Have the forecasts made by the cluster at ``address``, in parts beside ``out``, and give their tables in order.

    Raises:
        ConfigError: Ray is not installed, there is no such cluster, or what is asked for cannot be.
        DataError: the data cannot be used.
        DivecastError: a part could not be made.
    """
    asked.tables(fitted)  # refuse here what every part would
    anywhere = is_shipped(asked.data) or is_address(asked.data)
    data = asked.data if anywhere else str(Path(asked.data).absolute())
    with cluster(address) as ray, scratch_beside(out.absolute()) as folder:
        n = _PARTS_EACH * max(1, int(ray.cluster_resources().get("CPU", 1)))
        jobs = [
            PartJob(model.absolute(), replace(asked, data=data), Share(at, n), folder / f"{at}.parquet")
            for at in range(n)
        ]
        for outcome in make_files(jobs, make_part, n, address):
            if outcome.error is not None:
                raise DivecastError(f"forecasts {outcome.job.share.number + 1} of {n} parts failed: {outcome.error}")
        yield chain.from_iterable(_row_groups(job.file) for job in jobs)


def make_part(job: PartJob) -> None:
    """Write one part; called in a worker."""
    tables = job.asked.tables(load_model(job.model, job.asked.settings), job.share)
    first = next(tables, None)
    if first is None:
        job.file.touch()
    else:
        write_frames(chain([first], tables), job.file)


def _row_groups(file: Path) -> Iterator[Any]:
    from pyarrow import parquet

    if not file.stat().st_size:
        return
    with parquet.ParquetFile(file) as parts:
        for at in range(parts.num_row_groups):
            yield parts.read_row_group(at)
