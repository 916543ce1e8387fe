"""Table files as Arrow tables."""

from pathlib import Path
from typing import Any

from divecast.errors import DataError


def read_table(path: Path) -> Any:
    """Read a CSV, CSV.gz or Parquet file as a pyarrow table.

    Args:
        path: The file; its name tells the kind.

    Returns:
        The table.

    Raises:
        DataError: The file is absent, of another kind, or cannot be read.
    """
    import pyarrow as pa
    from pyarrow import csv, parquet

    if not path.is_file():
        raise DataError(f"expected a CSV, CSV.gz or Parquet file, found none at {path}")
    name = path.name.lower()
    try:
        if name.endswith((".parquet", ".pq")):
            return parquet.read_table(path)
        if name.endswith((".csv", ".csv.gz")):
            return csv.read_csv(path, convert_options=csv.ConvertOptions(strings_can_be_null=True))
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(f"expected a readable table in {path.name}: {error}") from error
    raise DataError(f"expected a name that ends in .csv, .csv.gz or .parquet, got {path.name}")
