"""Files from untrusted sources are read strictly, and no unknown field is ignored."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from divecast.errors import ArtifactError
from divecast.persistence.strict import as_artifact_error, check_like, check_understood, parse_object

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "text",
    [
        *('{"a": NaN}', '{"a": -Infinity}', '{"a": 1e999}', '{"a": "\\ud800"}', '{"\\udc00": 1}'),
        *("[]", "5", "", "{", "[" * 100_000, '{"a":' * 100_000, '{"a": ' + "9" * 5000 + "}"),
    ],
)
def test_what_json_cannot_represent_is_refused(text: str) -> None:
    with (
        pytest.raises(ArtifactError, match="x is not a valid divecast thing") as error,
        as_artifact_error(Path("x"), "thing"),
    ):
        parse_object(text)
    assert len(str(error.value)) < 500


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_what_json_can_represent_is_read(found: dict[str, Any]) -> None:
    assert parse_object(json.dumps(found)) == found
    check_understood(found, found)
    check_understood(found, {**found, "a default": 1})


@given(st.dictionaries(st.text("ab", max_size=2), VALUES, max_size=4), VALUES)
def test_values_that_would_not_be_rewritten_are_refused(found: dict[str, Any], other: Any) -> None:
    with pytest.raises(ValueError, match="unknown field 'new'"):
        check_understood({**found, "new": other}, found)
    with pytest.raises(ValueError, match=r"document\.a"):
        check_understood({"a": other}, {"a": {"other": other} if isinstance(other, list) else [other]})


@pytest.mark.parametrize(("found", "rewritten"), [(True, 1), ("3", 3), (0, False), ([1], [1, 2]), ([], {}), (None, 0)])
def test_types_are_not_converted(found: Any, rewritten: Any) -> None:
    with pytest.raises(ValueError, match=r"document\.a"):
        check_understood({"a": found}, {"a": rewritten})


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({}, "got absent"),
        ({"w": torch.zeros(2, 3), "v": torch.zeros(1)}, "'v' to be absent"),
        ({"w": torch.zeros(3, 2)}, r"\(2, 3\)"),
        ({"w": torch.zeros(2, 3, dtype=torch.float64)}, "float32"),
        ({"w": torch.full((2, 3), torch.nan)}, "finite"),
        ({"w": torch.tensor([[0.0, 0.0, -torch.inf], [0.0, 0.0, 0.0]])}, "finite"),
    ],
)
def test_tensors_are_compared_by_name_shape_dtype_and_finiteness(found: dict[str, torch.Tensor], message: str) -> None:
    expected = {"w": torch.empty(2, 3, device="meta")}
    check_like({"w": torch.ones(2, 3)}, expected)
    with pytest.raises(ValueError, match=message):
        check_like(found, expected)
    nan = {"w": torch.full((2, 3), torch.nan)}
    check_like(nan, expected, may_lack_numbers=frozenset({"w"}))
