"""Writes the page to a file."""

from pathlib import Path
from typing import Any

from divecast._optional import need
from divecast.estimator import DeepDIVE
from divecast.inference.fitted_model import PartName
from divecast.page.payload import payload_of
from divecast.page.render import render
from divecast.persistence.atomic import replacing


def write_report(
    model: DeepDIVE, data: Any, path: str | Path, *, part: PartName | None = None, title: str = "Model report"
) -> Path:
    """Write a report as one HTML file that opens offline.

    It shows a summary, forecasts and their parts, effects, the code, what-if forecasts, anomalies and a diagnosis.

    Args:
        model: fitted.
        data: as in ``DeepDIVE.forecast``.
        path: HTML file; an existing one is replaced atomically.
        part: which windows; by default the test part of the data of the fit (the validation part if there is no
            test part), and all windows of other data.
        title: of the page.

    Returns:
        The path.

    Raises:
        DataError: the data cannot be used.
        ConfigError: unknown part, or plotly is not installed.
        ArtifactError: the file cannot be written.
    """
    need("plotly.offline")  # fails before the work, not after it
    page = render(payload_of(model, data, title, part))
    with replacing(Path(path)) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Path(path)
