"""The page written to a file."""

from pathlib import Path
from typing import Any

from divecast._optional import need
from divecast.estimator import DeepDIVE
from divecast.inference.predict import PartName
from divecast.page.payload import payload_of
from divecast.page.render import render
from divecast.persistence.atomic import replacing


def write_report(
    model: DeepDIVE,
    data: Any,
    path: str | Path,
    *,
    part: PartName | None = None,
    title: str = "What the model has understood",
) -> Path:
    """Write one HTML page that opens without a network: summary, forecasts, code, what-if, odd windows, health.

    Args:
        model: fitted.
        data: as in ``DeepDIVE.forecast``.
        path: of the page; a former one is replaced at once or not at all.
        part: which windows; by default the test part of the data of the fit (the validation part where there is no
            other), and all of other data.
        title: of the page.

    Returns:
        The path.

    Raises:
        DataError: the data cannot be used.
        ConfigError: an unknown part, or plotly is not installed.
        ArtifactError: the page cannot be written.
    """
    need("plotly.offline")  # before the work, not after
    page = render(payload_of(model, data, title, part))
    with replacing(Path(path)) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Path(path)
