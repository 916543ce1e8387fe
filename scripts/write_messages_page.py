"""Write docs/messages.md: each class of error, and every message with what to do, as the code has them.

python scripts/write_messages_page.py
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "divecast"
PAGE = ROOT / "docs" / "messages.md"
CLASSES = {
    "DataError": "the data cannot be used as given",
    "ConfigError": "a setting is out of range, settings contradict each other, or an extra is not installed",
    "NotFittedError": "a method needs a fitted model, and this one is not",
    "ArtifactError": "a model, checkpoint, store or output file cannot be read or written",
    "RankError": "a process of a fit on several devices has ended",
    "DataWarning": "(a warning) data were corrected, or need attention",
}
TO_DO = {
    "DataError": "Change the data, or say more of them, as the message proposes. Nothing was fitted or written.",
    "ConfigError": "Change the argument that `error.argument` names, or install the extra.",
    "NotFittedError": "Call `fit`, or `DeepDIVE.load`.",
    "ArtifactError": "Restore the file, choose another place, or make room; an older file is as it was.",
    "RankError": "Start the same command again with `resume=True` or `--resume`; the checkpoint is complete.",
    "DataWarning": "Read which columns, rows or series it names. `warnings.simplefilter('error')` makes it an error.",
}
HEAD = """# Error messages

Every error that divecast raises on purpose is a `divecast.DivecastError`. Its message says what is wrong, where, and
what to do. The fields `problem`, `expected`, `found`, `hint` and `argument` have the parts for programs, so nothing
needs to read the text. Python names arguments (`lookback=`), the shell options (`--lookback`); a command ends with exit
code 2.

| class | why | what to do |
|---|---|---|
{classes}

Below are the messages by class, made by `python scripts/write_messages_page.py` from the code; *italics* stand for what
is filled in. Search for a few words of yours. [What can be wrong with a table](errors.md) shows those of tables as they
are printed, and [questions](faq.md) has the most frequent ones.
"""


@dataclass(frozen=True)
class Message:
    """One message of the code.

    Attributes:
        kind: class of the error, or DataWarning.
        text: what it says.
        hint: what to do; may be empty.
    """

    kind: str
    text: str
    hint: str


def messages() -> list[Message]:
    """Return all messages of the package that are written where they are raised, each once, in order."""
    files = sorted(SOURCE.rglob("*.py"))
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in files)
    found = {message for tree in trees for node in ast.walk(tree) for message in _message(node)}
    return sorted(found, key=lambda message: (list(CLASSES).index(message.kind), message.text.lower(), message.hint))


def _message(node: ast.AST) -> Iterator[Message]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    kind = "DataWarning" if node.func.id == "warn_data" else node.func.id
    if kind not in CLASSES:
        return
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    values = [*node.args[:1], named.get("problem")]
    problem = next((_template(value) for value in values if value is not None), "")
    halves = [
        f"{word} {_template(named[name])}"
        for word, name in (("expected", "expected"), ("got", "found"))
        if name in named
    ]
    contrast = ", ".join(halves)
    text = f"{problem}: {contrast}" if problem and contrast else problem or contrast[:1].upper() + contrast[1:]
    if not re.search(r"[a-zA-Z]{3}", re.sub(r"\*[^*]*\*|[Ee]xpected|got", "", text)):
        return  # the words are those of a caller, which stand at its own place
    hint = _template(named["hint"]) if "hint" in named else ""
    hint = "" if re.fullmatch(r"\*[^*]*\*", hint) else hint
    yield Message(kind, _cell(text), _cell(re.sub(r"\{([\w.]+)\}", r"`\1=`", hint)))


def _template(node: ast.expr) -> str:
    """Return an expression of text, with what is filled in in italics."""
    if isinstance(node, ast.Constant):
        return str(node.value) if node.value is not None else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(value) for value in node.values)
    if isinstance(node, ast.FormattedValue):
        return _blank(node.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left) + _template(node.right)
    return _blank(node)


def _blank(node: ast.expr) -> str:
    """Return a name for what is filled in: the last one of the expression that says something."""
    if isinstance(node, ast.IfExp):
        return _template(node.body) or _template(node.orelse)
    names = [
        child.attr if isinstance(child, ast.Attribute) else child.id
        for child in ast.walk(node)
        if isinstance(child, ast.Attribute | ast.Name)
    ]
    words = [name for name in names if name not in {"self", "len", "repr", "str", "join", "sorted", "map", "name"}]
    return f"*{(words or names or ['value'])[0].strip('_').replace('_', ' ')}*"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def page() -> str:
    """Return the text of the page."""
    rows = "\n".join(f"| `{kind}` | {why} | {TO_DO[kind]} |" for kind, why in CLASSES.items())
    sections = [HEAD.format(classes=rows)]
    every = messages()
    for kind in CLASSES:
        lines = [f"| {message.text} | {message.hint} |" for message in every if message.kind == kind]
        sections.append("\n".join([f"## {kind}", "", "| message | what to do |", "|---|---|", *lines, ""]))
    return "\n".join(sections)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
