"""Write docs/errors.md: each way in which a table can be wrong, with its message.

python scripts/write_errors_page.py
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "errors.md"
HEAD = """# What can be wrong with a table

Made by `python scripts/write_errors_page.py` from `tests/bad_tables.py`, which has a call for each of {count} ways in
which a table, or what is told of it, can be wrong. {refused} are refused with a `DataError`; {warned} are read, with a
`DataWarning` that names what was corrected or left out.

Messages name arguments as Python does; the shell names its options instead: `--tz` for `tz=`, `--id meter` for
`id='meter'`, `--factor` for `factors=`. [tables.md](tables.md) has the layouts that are read, and the calls.
"""


def page(messages: Mapping[str, Mapping[str, tuple[str, bool]]]) -> str:
    """Return the text of the page.

    Args:
        messages: by group and by what is wrong, the message and whether it is a warning.
    """
    warned = sum(warns for group in messages.values() for _, warns in group.values())
    count = sum(map(len, messages.values()))
    head = HEAD.format(count=count, refused=count - warned, warned=warned)
    return "\n".join([head, *(_section(title, group) for title, group in messages.items())])


def _section(title: str, group: Mapping[str, tuple[str, bool]]) -> str:
    rows = [
        f"| {what} | {'read' if warns else 'refused'} | {message.replace('|', chr(92) + '|')} |"
        for what, (message, warns) in group.items()
    ]
    return "\n".join([f"## {title}", "", "| what | is | message |", "|---|---|---|", *rows, ""])


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    from bad_tables import GROUPS, said_of

    messages: dict[str, dict[str, tuple[str, bool]]] = {}
    for title, group in GROUPS.items():
        messages[title] = {}
        for bad in group:
            with TemporaryDirectory() as folder:
                messages[title][bad.what] = said_of(bad, Path(folder)), bad.warns
    PAGE.write_text(page(messages), encoding="utf-8")
    print(PAGE)
