"""Model cards: what a model was fitted on, how well it forecasts, how its intervals came about, and how to load it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from divecast._optional import need
from divecast.inference.evaluation import MEASURES
from divecast.persistence.version import __version__

_LISTED = 20
_METHOD = "https://arxiv.org/abs/2501.08710"


def model_card(
    model: Any,
    data: Any = None,
    *,
    name: str = "model",
    license: str | None = None,  # noqa: A002  as the hub calls it
    note: str = "",
) -> str:
    """Return the card of a fitted model as Markdown with metadata.

    Args:
        model: the fitted ``DeepDIVE``.
        data: the data of the fit, to score the test part of; None for a card that says that nothing was measured.
        name: of the model.
        license: of the model, as the hub names it, such as ``apache-2.0``.
        note: what else to tell: where the data are from, what the model is for.

    Raises:
        ConfigError: huggingface_hub is not installed.
        DataError: the data are not those of the fit.

    Example:
        >>> print(model_card(model, panel, note="Loads of a town.").split("---")[2][:8].strip())
        # model
    """
    hub, info = need("huggingface_hub"), model.info()
    evaluation = None if data is None or info["refit"] else model.evaluate(data)
    scores = {} if evaluation is None else {key: score.overall() for key, score in evaluation.scores.items()}
    accuracy = {}
    if evaluation is not None and model.fitted_model.network.marginal.infers_labels:
        accuracy = model.infer_labels(data, part="test").accuracy()
    about: dict[str, Any] = {"license": license, "library_name": "divecast", "pipeline_tag": "time-series-forecasting"}
    if scores:
        about["model_name"] = name
        about["eval_results"] = [
            hub.EvalResult(
                task_type="time-series-forecasting",
                dataset_type="data-of-the-fit",
                dataset_name="test part of the data of the fit",
                metric_type=measure,
                metric_value=round(scores["DeepDIVE"][measure], 6),
            )
            for measure in MEASURES
        ]
    meta = hub.ModelCardData(**about, tags=["time-series", "forecasting", "divecast"])
    body = "\n".join(_lines(name, note, info, scores, accuracy))
    return f"---\n{meta.to_yaml()}\n---\n\n{body}\n"


def _lines(
    name: str,
    note: str,
    info: Mapping[str, Any],
    scores: Mapping[str, Mapping[str, float]],
    accuracy: Mapping[str, float | None],
) -> Iterator[str]:
    yield f"# {name}"
    yield ""
    yield f"A [DeepDIVE]({_METHOD}) forecaster of time series, fitted with divecast {__version__}."
    if note:
        yield from ("", note)
    yield from ("", "## Load", "", "```python", "from divecast import DeepDIVE", "")
    yield f'model = DeepDIVE.from_pretrained("{name}")'
    yield "forecast = model.forecast(rows)  # a table with the columns of the data of the fit"
    yield from ("```", "", "## Data", "", *_data(info), "", "## Accuracy", "", *_accuracy(info, scores, accuracy))
    yield from ("", "## Intervals", "", *_intervals(scores), "", "## Settings", "")
    yield from ("```json", json.dumps(info["settings"], indent=1, default=str), "```")


def _data(info: Mapping[str, Any]) -> Iterator[str]:
    channels, read = info["channels"], info["read"]
    yield f"- {_listed(channels, 'series')}"
    until = "" if info["until"] is None else f", the last row at {info['until']} UTC"
    yield f"- {info['frequency']}{until}" + ("" if info["n_rows"] is None else f", {info['n_rows']:,} rows")
    yield f"- look-back {info['lookback']} rows, horizon {info['horizon']} steps, time zone {info['time_zone']}"
    for factor, told in info["factors"].items():
        yield f"- factor `{factor}` ({told['kind']}): {_listed(told['classes'], 'classes')}"
    for covariate in info["settings"]["covariates"]:
        yield f"- covariate `{covariate['name']}`"
    if read["time"] is not None:
        yield f"- columns of the table: time in `{read['time']}`" + "".join(
            f", series in `{id_}`" for id_ in read["ids"]
        )
    yield f"- fingerprint of the data: `{info['fingerprint'][:16]}`; split {json.dumps(info['split'])}"


def _accuracy(
    info: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]], accuracy: Mapping[str, float | None]
) -> Iterator[str]:
    if not scores:
        reason = (
            "the last fit took all rows, so none are held out" if info["refit"] else "the card was made without data"
        )
        yield f"Not measured: {reason}."
        return
    yield "On the test part of the data of the fit, from every forecast origin, over all steps and series:"
    yield ""
    yield f"| forecaster | {' | '.join(MEASURES)} |"
    yield f"|---|{'---:|' * len(MEASURES)}"
    for forecaster, score in scores.items():
        yield f"| {forecaster} | {' | '.join(f'{score[measure]:.4g}' for measure in MEASURES)} |"
    for factor, share in accuracy.items():
        if share is not None:
            yield from ("", f"Labels of `{factor}` read from the values alone: {share:.1%} correct.")


def _intervals(scores: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    yield "Quantiles are calibrated on the validation part, by step; their width follows series, step and window."
    if scores:
        yield f"The 90 % interval held {scores['DeepDIVE']['coverage']:.1%} of the values of the test part."


def _listed(names: Sequence[str], what: str) -> str:
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{len(names)} {what}: {', '.join(names[:_LISTED])}{more}"
