"""Section of the page: the settings of the fit and the fingerprint of the data, as rows of a table."""

from collections.abc import Iterator, Mapping
from typing import Any

from divecast.page.scope import Scope
from divecast.persistence.version import __version__

_MOST = 12  # items of a list that are shown
_SKIPPED = ("history", "settings", "factors")


def settings_of(scope: Scope) -> tuple[tuple[str, str], ...]:
    """Return name and value of every setting; nested names are joined by dots."""
    about = scope.model.info()
    data = {
        "divecast": __version__,
        "data.fingerprint": scope.source.fingerprint(),
        "data.of_the_fit": scope.fitted.is_fit_data(scope.source),
        "fit.epochs": len(about["history"]),
    }
    classes = {f"factors.{name}": f"{f['kind']}, {_text(f['classes'])}" for name, f in about["factors"].items()}
    plain = {name: value for name, value in about.items() if name not in _SKIPPED}
    kept = {key: about["settings"][key] for key in ("model", "training", "losses")}
    return tuple((name, _text(value)) for name, value in _flat("", {**data, **classes, **plain, **kept}))


def _flat(head: str, tree: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{head}{name}.", value)
        else:
            yield f"{head}{name}", value


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        names = [_text(item) for item in value[:_MOST]]
        return ", ".join(names) + (f" and {len(value) - _MOST} more" if len(value) > _MOST else "")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value)
