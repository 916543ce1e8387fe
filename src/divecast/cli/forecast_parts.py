"""Forecasts computed in parts by the workers of a Ray cluster, and joined in order."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from divecast.cli.forecast_tables import ForecastRequest
from divecast.cli.inputs import load_model
from divecast.data import write_frames
from divecast.data.datasets import is_shipped
from divecast.data.tables.parquet_files import is_address
from divecast.errors import DivecastError
from divecast.estimator import DeepDIVE
from divecast.inference.forecasting import Share
from divecast.jobs.ray_workers import cluster
from divecast.jobs.workers import make_files
from divecast.persistence.atomic import scratch_beside

_PARTS_PER_CPU = 2  # so that a slow one delays the rest only a little


@dataclass(frozen=True, slots=True)
class PartJob:
    """One part of the forecasts.

    Attributes:
        model: model file.
        request: all forecasts.
        share: the share of them in this part.
        file: Parquet file to write; empty if the share is.
    """

    model: Path
    request: ForecastRequest
    share: Share
    file: Path


@contextmanager
def tables_from_ray(
    request: ForecastRequest, model: DeepDIVE, path: Path, address: str, out: Path
) -> Iterator[Iterator[Any]]:
    """Compute the forecasts on a Ray cluster, in parts beside ``out``, and yield their tables in order.

    Args:
        request: what to forecast.
        model: the fitted model.
        path: its file.
        address: "local", or the address of the cluster.
        out: file of the forecasts.

    Raises:
        ConfigError: Ray is not installed, the cluster does not exist, or the request is not valid.
        DataError: the data cannot be used.
        DivecastError: a part failed.
    """
    request.tables(model)  # raises here what every part would
    tables = {name: _from_anywhere(getattr(request.settings, name)) for name in ("static", "known", "groups", "future")}
    here = replace(request, data=_from_anywhere(request.data), settings=replace(request.settings, **tables))
    with cluster(address) as ray, scratch_beside(out.absolute()) as folder:
        n_parts = _PARTS_PER_CPU * max(1, int(ray.cluster_resources().get("CPU", 1)))
        jobs = [
            PartJob(path.absolute(), here, Share(part, n_parts), folder / f"{part}.parquet") for part in range(n_parts)
        ]
        for outcome in make_files(jobs, make_part, n_parts, address):
            if outcome.error is not None:
                number = outcome.job.share.number + 1
                raise DivecastError(f"Part {number} of {n_parts} of the forecasts failed: {outcome.error}")
        yield chain.from_iterable(_row_groups(job.file) for job in jobs)


def _from_anywhere(data: Any) -> Any:
    """Return data as a process in another folder finds them; None for none."""
    if data is None or is_shipped(data) or is_address(data):
        return data
    return str(Path(data).absolute())


def make_part(job: PartJob) -> None:
    """Write one part; called in a worker."""
    tables = job.request.tables(load_model(job.model, job.request.settings), job.share)
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
        for group in range(parts.num_row_groups):
            yield parts.read_row_group(group)
