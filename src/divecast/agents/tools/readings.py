"""Tools that read windows: anomalies, labels, and labellings that are proposed."""

from copy import copy
from dataclasses import asdict
from typing import Any

import numpy as np

from divecast.agents.answers import Found, table_of
from divecast.agents.desk import Desk
from divecast.agents.questions import AnomaliesQuestion, LabelsQuestion, ProposeQuestion
from divecast.data import Windows
from divecast.data.names import check_known
from divecast.errors import ConfigError, DataError
from divecast.explain.anomalies.anomalies import find_anomalies
from divecast.explain.anomalies.anomaly_reasons import moment
from divecast.explain.anomalies.reference import DEFAULT_SCORES
from divecast.inference.spread import spread_windows, times_of
from divecast.inference.with_added import infer_all_labels

_MOST_WINDOWS = 2000


def anomalies(desk: Desk, question: AnomaliesQuestion) -> Found:
    """The most anomalous windows of a span, with reasons."""
    windows = _between(desk, question)
    chosen = spread_windows(windows, _MOST_WINDOWS)
    reference = desk.reference()
    found = find_anomalies(desk.fitted, chosen, reference, DEFAULT_SCORES).top(question.top)
    facts = {
        "n_windows": len(windows),
        "n_scored": len(chosen),
        "compared_with": f"{reference.n_windows} windows of {reference.name}",
        "meaning": "A score is -log10 of the share of these windows that are at least as anomalous: 2 is one in a "
        "hundred. Above 2 alone is no fault.",
    }
    columns = ("end", "recording", "score", "rarity", "series", "reasons")
    rows = [
        [moment(each.end), each.recording, each.score, each.rarity, each.channel, "; ".join(each.reasons)]
        for each in found
    ]
    return Found(facts, columns, rows, desk.series)


def _between(desk: Desk, question: AnomaliesQuestion) -> Windows:
    """Return the windows that end in a span, with readings beyond the limits, which are anomalies."""
    windows = desk.fitted.windows(desk.source, keep_outliers=True)
    inside = np.ones(len(windows), dtype=bool)
    clock = desk.source.clock
    for name, stamp in (("start", question.start), ("stop", question.stop)):
        if stamp is None:
            continue
        if clock is None:
            raise ConfigError("Recordings have no clock", hint="Use {recordings}", argument=name)
        row = clock.row_of(stamp)
        ends = times_of(windows) - 1
        inside &= ends >= row if name == "start" else ends <= row
    if question.recordings is not None:
        if clock is not None:
            raise ConfigError("A panel has no recordings", hint="Use {start} and {stop}", argument="recordings")
        names = desk.source.names
        check_known(question.recordings, names, "recording", argument="recordings")
        inside &= np.isin(windows.segments, [names.index(name) for name in question.recordings])
    if not inside.any():
        raise DataError("No window ends there", hint="Choose another {start} and {stop}", argument="start")
    return windows.subset(inside)


def read_labels(desk: Desk, question: LabelsQuestion) -> Found:
    """Labels read from values, next to those given."""
    if question.part is None:
        windows = desk.window(question.at, question.second)
    else:
        if question.at is not None or question.second is not None:
            raise ConfigError("One window and a part are two questions", hint="Give {at} or {part}", argument="part")
        windows = spread_windows(desk.fitted.windows(desk.source, question.part), _MOST_WINDOWS)
    labels = infer_all_labels(desk.fitted, windows)
    facts: dict[str, Any] = {"n_windows": len(windows)}
    if question.part is not None:
        facts["accuracy"] = labels.accuracy()
    else:
        facts["how_often_right_on_the_test_part"] = _accuracy(desk)
    columns, rows = table_of(desk, labels.frame(backend="pyarrow"))
    return Found(
        facts, columns, rows, note="A label is that of the last row of the window; _given is that of the data."
    )


def _accuracy(desk: Desk) -> dict[str, float] | str:
    reason = desk.no_record()
    if reason is not None:
        return f"not known: {reason}"
    windows = spread_windows(desk.fitted.windows(desk.source, "test"), _MOST_WINDOWS)
    return infer_all_labels(desk.fitted, windows).accuracy()


def propose_factor(desk: Desk, question: ProposeQuestion) -> Found:
    """Whether the data keep a labelling that is proposed."""
    labels: Any = question.classes
    if question.spans is not None:
        labels = [
            (span.start, span.start if span.end is None else span.end, span.of_class or "yes")
            for span in question.spans
        ]
    otherwise = "auto" if question.otherwise is None else question.otherwise
    proposal = copy(desk.model).propose_factor(
        desk.source, labels, name=question.name, otherwise=otherwise, alpha=question.alpha
    )
    facts = {"verdict": "kept" if proposal.kept else "dropped", **asdict(proposal), "summary": str(proposal)}
    return Found(
        facts,
        note="The model that answers is not changed. To keep a labelling, call propose_factor of the Python library "
        "and save the model. With several proposals divide alpha by their number.",
    )
