"""Strict reading of files from untrusted sources.

Sizes that a file declares are compared with its content before memory of that size is allocated, its document is
compared with the object built from it, and any failure on the way becomes one kind of error.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from torch import Tensor

from divecast.errors import ArtifactError, ConfigError, DataError

RESTORE = "Restore a copy of the file or write it again"

_MAX_REASON = 300  # characters; the text of an error may come from the file
_MALFORMED = (
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
    *(OSError, SafetensorError, ConfigError, DataError),
)


@contextmanager
def as_artifact_error(path: Path, kind: str) -> Iterator[None]:
    """Turn any error caused by malformed content within the block into an error that names the file.

    Raises:
        ArtifactError: the content is malformed.
    """
    try:
        yield
    except _MALFORMED as error:
        reason = " ".join(_reason(error).split())[:_MAX_REASON]
        raise ArtifactError(
            f"{path} is not a valid divecast {kind}: truncated, damaged or written by another program ({reason})",
            hint=RESTORE,
        ) from error


def _reason(error: Exception) -> str:
    """Return what is wrong: the sentence of an error that has one, and the place and rule of a type that is wrong."""
    if type(error).__module__.startswith("pydantic"):
        first = error.errors(include_url=False, include_input=False)[0]  # type: ignore[attr-defined]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    if type(error) in (ValueError, ConfigError, DataError):
        return str(error)
    return f"{type(error).__name__}: {error}"


def check_texts(values: Any, most: int) -> None:
    """Check that no text within JSON values is longer than a name.

    Args:
        values: JSON values.
        most: characters that a text may have.

    Raises:
        ValueError: a text is longer; shows its start.
    """
    left = [values]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            left += value
            left += value.values()
        elif isinstance(value, list):
            left += value
        elif isinstance(value, str) and len(value) > most:
            raise ValueError(f"a text has {len(value)} characters, expected at most {most}: {value[:40]!r} ...")


def parse_object(text: str) -> dict[str, Any]:
    """Parse a JSON object strictly: NaN, infinities and lone surrogates are refused.

    Raises:
        ValueError: the text is not such an object.
        RecursionError: the object is nested too deeply.
    """
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError(f"expected a JSON object, got {type(value).__name__}")  # noqa: TRY004  the text is wrong
    json.dumps(value, allow_nan=False, ensure_ascii=False).encode()  # raises for what JSON or UTF-8 cannot represent
    return value


def as_json(values: Any) -> Any:
    """Return values as JSON would store them: tuples become lists."""
    return json.loads(json.dumps(values))


def check_understood(read: Any, rewritten: Any, place: str = "document") -> None:
    """Check that writing the parsed object again gives all the values that were read.

    So unknown fields are refused, and no value is silently converted, such as text to a number. A field may be missing
    from the file: it has its default.

    Args:
        read: JSON values as read.
        rewritten: JSON values that the parsed object would be written as.
        place: where the values stand, for the message.

    Raises:
        ValueError: the values differ; says where.
    """
    if isinstance(read, dict) and isinstance(rewritten, dict):
        for key, value in read.items():
            if key not in rewritten:
                raise ValueError(f"{place} has the unknown field {key!r:.80}")
            check_understood(value, rewritten[key], f"{place}.{key}")
    elif isinstance(read, list) and isinstance(rewritten, list) and len(read) == len(rewritten):
        for index, (value, other) in enumerate(zip(read, rewritten, strict=True)):
            check_understood(value, other, f"{place}[{index}]")
    elif read != rewritten or isinstance(read, bool) != isinstance(rewritten, bool):
        raise ValueError(f"{place} is {read!r:.80}, expected {rewritten!r:.80}")


def check_like(
    found: Mapping[str, Tensor], expected: Mapping[str, Tensor], may_lack_numbers: frozenset[str] = frozenset()
) -> None:
    """Check names, shapes and dtypes of tensors, and that their values are finite.

    Args:
        found: tensors as read.
        expected: tensors of the expected shapes and dtypes; may be on the meta device, which takes no memory.
        may_lack_numbers: names of tensors that may contain NaN.

    Raises:
        ValueError: a tensor differs; says which.
    """
    for name in sorted(found.keys() | expected.keys()):
        have, want = (_shape_and_dtype(tensors.get(name)) for tensors in (found, expected))
        if have != want:
            raise ValueError(f"expected tensor {name!r:.80} to be {want}, got {have}")
        if name in may_lack_numbers:
            if bool(found[name].isinf().any()):
                raise ValueError(f"expected finite numbers or NaN in tensor {name!r:.80}")
        elif found[name].numel() and not all(map(isfinite, found[name].aminmax())):
            raise ValueError(f"expected finite numbers in tensor {name!r:.80}")


def _shape_and_dtype(tensor: Tensor | None) -> str:
    return "absent" if tensor is None else f"{tensor.dtype} of shape {tuple(tensor.shape)}"
