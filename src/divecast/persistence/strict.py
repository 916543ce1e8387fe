"""Files that a stranger may have written, read strictly.

What a file declares is compared with what it holds before anything of that size is made; what it says is compared with
what was made of it; and whatever goes wrong on the way becomes one error.
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

_MOST_LETTERS = 300  # of what is wrong: a stranger's file may have much to say
_MALFORMED = (
    *(ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError),
    *(OSError, SafetensorError, ConfigError, DataError),
)


@contextmanager
def as_artifact_error(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever a malformed content brings about within the block into an error that names the file.

    Raises:
        ArtifactError: something was not as it has to be.
    """
    try:
        yield
    except _MALFORMED as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:_MOST_LETTERS]
        raise ArtifactError(
            f"{path} is not a whole divecast {kind}: cut short, damaged or made by something else ({reason}); "
            "use a copy or write it anew"
        ) from error


def parse_object(text: str) -> dict[str, Any]:
    """Read a JSON object, strictly: no NaN, no infinity, no half of a character.

    Raises:
        ValueError: It is something else.
        RecursionError: It is nested too deep.
    """
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError(f"expected a JSON object, got {type(found).__name__}")  # noqa: TRY004  a fault of the text
    json.dumps(found, allow_nan=False, ensure_ascii=False).encode()  # says no where JSON or UTF-8 cannot say it
    return found


def as_json(values: Any) -> Any:
    """Return values as they would lie in a file: tuples are lists."""
    return json.loads(json.dumps(values))


def check_understood(found: Any, said: Any, place: str = "document") -> None:
    """Check that all that was found in a file is said by what was made of it.

    So nothing unknown is passed over, and nothing is taken for what it is not, such as text for a number. What a file
    leaves out may be said: settings that it does not know have their defaults.

    Args:
        found: JSON values, as found.
        said: JSON values that would be written now.
        place: of both, in words.

    Raises:
        ValueError: Something is not, and where.
    """
    if isinstance(found, dict) and isinstance(said, dict):
        for key, value in found.items():
            if key not in said:
                raise ValueError(f"{place} has an unknown {key!r:.80}")
            check_understood(value, said[key], f"{place}.{key}")
    elif isinstance(found, list) and isinstance(said, list) and len(found) == len(said):
        for at, (value, other) in enumerate(zip(found, said, strict=True)):
            check_understood(value, other, f"{place}[{at}]")
    elif found != said or isinstance(found, bool) != isinstance(said, bool):
        raise ValueError(f"{place} is {found!r:.80}, expected {said!r:.80}")


def check_like(
    found: Mapping[str, Tensor], expected: Mapping[str, Tensor], may_lack_numbers: frozenset[str] = frozenset()
) -> None:
    """Check that tensors are those expected in name, shape and kind of number, and finite.

    Args:
        found: as they lie in a file.
        expected: what they have to be like; may lie on the meta device, which takes no memory.
        may_lack_numbers: names of those that may hold NaN.

    Raises:
        ValueError: They are not, and which.
    """
    for name in sorted(found.keys() | expected.keys()):
        kinds = [(tuple(t[name].shape), str(t[name].dtype)) if name in t else "none" for t in (found, expected)]
        if kinds[0] != kinds[1]:
            raise ValueError(f"expected tensor {name!r:.80} to be {kinds[1]}, got {kinds[0]}")
        if name not in may_lack_numbers and found[name].numel() and not all(map(isfinite, found[name].aminmax())):
            raise ValueError(f"expected finite numbers in tensor {name!r:.80}")
