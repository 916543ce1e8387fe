"""Groups of options, and how messages name options."""

from dataclasses import dataclass
from inspect import signature
from typing import Annotated

import pytest
import typer

from divecast.cli.app import as_option
from divecast.cli.groups import with_groups
from divecast.errors import DataError


@dataclass(frozen=True)
class Inner:
    path: Annotated[str, typer.Argument()]
    rate: Annotated[float, typer.Option("--rate", help="A rate.")] = 1.0


@dataclass(frozen=True)
class Outer:
    inner: Inner
    names: Annotated[list[str] | None, typer.Option("--name")] = None


def command(group: Outer, factor: Annotated[int, typer.Option("--factor")] = 2) -> None:
    """What it does."""
    raise LookupError(group, factor)


def test_a_group_is_spread_into_options_and_handed_over_whole():
    spread = with_groups(command)
    assert list(signature(spread).parameters) == ["path", "rate", "names", "factor"]
    assert (spread.__name__, spread.__doc__) == ("command", "What it does.")
    app = typer.Typer()
    app.command()(spread)
    with pytest.raises(LookupError) as caught:
        app(["data.csv", "--name", "a", "--name", "b", "--factor", "3"], standalone_mode=False)
    assert caught.value.args == (Outer(Inner("data.csv", 1.0), ["a", "b"]), 3)


def test_two_options_of_one_name_are_refused():
    def twice(group: Inner, rate: float = 2.0) -> None: ...

    with pytest.raises(ValueError, match="duplicate parameter name"):
        with_groups(twice)


@pytest.mark.parametrize(
    ("argument", "option"),
    [
        ("lookback", "--lookback"),
        ("factors", "--factor"),
        ("levels", "--level"),
        ("labels", "--label"),
        ("unlabelled_code", "--unlabelled-code"),
        ("training.clip", "--set training.clip=..."),
        ("data", "DATA"),
        ("no_such_option", "no_such_option="),
    ],
)
def test_messages_name_options(argument, option):
    error = DataError("No window fits", hint=f"See {{{argument}}} for more")
    assert error.worded(as_option) == f"No window fits. See {option} for more."
