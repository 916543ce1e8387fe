"""Writes the page to a file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from divecast._optional import need
from divecast.estimator import DeepDIVE
from divecast.explain.recordings.compare import Conditions
from divecast.inference.fitted_model import PartName
from divecast.page.payload import payload_of
from divecast.page.render import render
from divecast.persistence.atomic import replacing


def write_report(  # noqa: PLR0913  options of one call
    model: DeepDIVE,
    data: Any,
    path: str | Path,
    *,
    part: PartName | None = None,
    title: str = "Model report",
    compare: str | Sequence[str] = (),
    group: str | None = None,
) -> Path:
    """Write a report as one HTML file that opens offline.

    It shows a summary, forecasts and their parts, effects, the code, what-if forecasts, anomalies and a diagnosis; of
    recordings also each of them, and conditions compared.

    Args:
        model: fitted.
        data: as in ``DeepDIVE.forecast``.
        path: HTML file; an existing one is replaced atomically.
        part: which windows; by default the test part of the data of the fit (the validation part if there is no
            test part), and all windows of other data.
        title: of the page.
        compare: labels of recordings whose classes are compared, as in ``DeepDIVE.compare``: of all the data unless a
            part is named. ``condition=before`` compares the others with the class ``before``.
        group: the label that names people, as there.

    Returns:
        The path.

    Raises:
        DataError: the data cannot be used.
        ConfigError: unknown part, or plotly is not installed.
        ArtifactError: the file cannot be written.
    """
    need("plotly.offline")  # fails before the work, not after it
    named = [each.partition("=") for each in ([compare] if isinstance(compare, str) else compare)]
    conditions = [Conditions(label, reference or None, group=group) for label, _, reference in named]
    page = render(payload_of(model, data, title, part, conditions))
    with replacing(Path(path)) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Path(path)
