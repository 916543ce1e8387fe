"""Write docs/messages.md: each class of error, and every message with what to do, as the code has them.

python scripts/write_messages_page.py
"""

import ast
import builtins
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
OTHERWISE = {
    "DataError": ("Pass what the message expects", "Correct the data, or leave out what is named"),
    "ConfigError": ("Pass what the message expects", "Change or leave out what is named"),
    "NotFittedError": ("Call `fit`, or `DeepDIVE.load`", "Call `fit`, or `DeepDIVE.load`"),
    "ArtifactError": ("Pass a file that the message expects", "Restore the file, or choose another one"),
    "RankError": ("Start the command again to resume", "Start the command again to resume"),
    "DataWarning": ("Check the data", "Check the data; nothing is to be done if they are right"),
}
"""What to do where a message has no hint: if it says what is expected, and if it does not."""
SAYS_WHAT = re.compile(r"(?i)\bexpected\b|\bmust\b|\bneeds?\b|\bat most\b|\bat least\b")
WORDS = {
    "absent": "names",
    "alpha": "value",
    "arrow": "value",
    "axes": "n",
    "clip": "value",
    "counted": "n",
    "double": "time",
    "dtype": "type",
    "each": "n",
    "error": "reason",
    "faults": "names",
    "fine": "value",
    "first": "place",
    "form": "format",
    "found": "what was found",
    "i": "classes",
    "iloc": "time",
    "listed": "names",
    "lengths": "lookback and horizon",
    "min": "smallest value",
    "last": "place",
    "length": "n",
    "missing": "n",
    "native": "type",
    "new": "n",
    "np": "value",
    "off": "time",
    "os": "n",
    "one": "value",
    "others": "the others",
    "out": "path",
    "parent": "folder",
    "rest": "the rest",
    "role": "column",
    "self": "value",
    "sep": "separator",
    "spec": "value",
    "specs": "values",
    "strange": "name",
    "strerror": "reason",
    "them": "n",
    "to": "class",
    "told": "what was told",
    "twice": "name",
    "vocabulary": "name",
    "tz": "time zone",
    "unlike": "n",
    "utc": "time",
    "wall": "time",
    "wanted": "name",
    "weekmask": "value",
    "what": "kind",
    "where": "places",
    "which": "detail",
    "why": "reason",
}
"""What stands for a variable whose name says little to a reader."""
FUNCTIONS = {"listed": "names", "row_name": "row", "row_text": "row", "named_day": "day", "time_text": "time"}
"""What stands for the text that a function returns."""
HEAD = """# Error messages

Every error that divecast raises on purpose is a `divecast.DivecastError`. Its message says what is wrong, where, and
what to do. The fields `problem`, `expected`, `found`, `hint` and `argument` have the parts for programs, so nothing
needs to read the text. Python names arguments (`lookback=`), the shell options (`--lookback`); a command ends with exit
code 2.

| class | why | what to do |
|---|---|---|
{classes}

Below are the messages by class, made by `python scripts/write_messages_page.py` from the code; *italics* stand for what
is filled in, and *n* for a number. What to do is in parentheses where the message itself only says what is wrong or
what it expects. Search for a few words of yours. [What can be wrong with a table](errors.md) shows those of tables
as they are printed, and [questions](faq.md) has the most frequent ones.
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
    found = {message for file in sorted(SOURCE.rglob("*.py")) for message in _messages_of(file)}
    return sorted(found, key=lambda message: (list(CLASSES).index(message.kind), message.text.lower(), message.hint))


def _messages_of(file: Path) -> Iterator[Message]:
    constants = {} if file.stem == "__main__" else _constants(file)
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        yield from _message(node, constants)


def _constants(file: Path) -> dict[str, Any]:
    """Return the names of a module, so that what is filled in always alike stands as it is printed."""
    parts = file.relative_to(SOURCE.parent).with_suffix("").parts
    try:
        return vars(importlib.import_module(".".join(parts)))
    except ImportError:  # a package of an extra is not installed
        return {}


def _message(node: ast.AST, constants: dict[str, Any]) -> Iterator[Message]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return
    kind = "DataWarning" if node.func.id == "warn_data" else node.func.id
    if kind not in CLASSES:
        return
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    values = [*node.args[:1], named.get("problem")]
    problem = next((_template(value, constants) for value in values if value is not None), "")
    halves = [
        f"{word} {_template(named[name], constants)}"
        for word, name in (("expected", "expected"), ("got", "found"))
        if name in named
    ]
    contrast = ", ".join(halves)
    text = f"{problem}: {contrast}" if problem and contrast else problem or contrast[:1].upper() + contrast[1:]
    if not re.search(r"[a-zA-Z]{3}", re.sub(r"\*[^*]*\*|[Ee]xpected|got", "", text)):
        return  # the words are those of a caller, which stand at its own place
    hint = _template(named["hint"], constants) if "hint" in named else ""
    if not hint or re.fullmatch(r"\*[^*]*\*", hint):
        hint = f"({OTHERWISE[kind][not SAYS_WHAT.search(text)]})"
    yield Message(kind, *(_cell(re.sub(r"\{([\w.]+)\}", r"`\1=`", part)) for part in (text, hint)))


def _template(node: ast.expr, constants: dict[str, Any]) -> str:
    """Return an expression of text, with what is filled in in italics."""
    if isinstance(node, ast.Constant):
        return str(node.value) if node.value is not None else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_template(value, constants) for value in node.values)
    if isinstance(node, ast.FormattedValue):
        return _filled(node.value, constants)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left, constants) + _template(node.right, constants)
    return _filled(node, constants)


def _filled(node: ast.expr, constants: dict[str, Any]) -> str:
    """Return what a reader sees in place of an expression: its value if that is always the same, else a name for it."""
    if isinstance(node, ast.IfExp):
        return _template(node.body, constants) or _template(node.orelse, constants)
    if isinstance(node, ast.BoolOp):
        return _filled(node.values[0], constants)
    names = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    own = {name for name in names if not hasattr(builtins, name)}
    if own and all(re.fullmatch(r"_?[A-Z][A-Z_]*", name) and name in constants for name in own):
        value = eval(compile(ast.Expression(node), "message", "eval"), constants)  # noqa: S307  our own code
        return f"{value:,.10g}" if isinstance(value, int | float) else str(value)
    match node:
        case ast.Call(func=ast.Name(id="plural"), args=[_, ast.Constant(value=str(noun))]):
            return f"*n* {noun.removesuffix('s')}s"
        case ast.Call(func=ast.Name(id="len") | ast.Name(id="int")):
            return "*n*"
    return f"*{_name(node)}*"


def _name(node: ast.expr) -> str:
    """Return a name for what an expression fills in: that of its variable or attribute, never of a function."""
    while (inner := _inner(node)) is not None:
        if isinstance(node, ast.Call) and (said := FUNCTIONS.get(_word_of(node.func))):
            return said
        node = inner
    return _word(_word_of(node))


def _inner(node: ast.expr) -> ast.expr | None:
    """Return the part of an expression that says what it is: the arguments of a function, or the object of a method."""
    match node:
        case ast.Call(func=ast.Attribute(value=value)) if not isinstance(value, ast.Constant):  # text.strip()
            return value
        case ast.Call(func=ast.Name(id="map"), args=[_, argument, *_]) | ast.Call(args=[argument, *_]):
            return argument
        case ast.GeneratorExp(generators=[generator, *_]) | ast.ListComp(generators=[generator, *_]):
            return generator.iter
        case ast.Subscript(value=value) | ast.Starred(value=value) | ast.BinOp(left=value):
            return value
        case ast.Attribute(attr="name" | "text" | "title" | "size", value=ast.Name(id=name) as value) if name != "self":
            return value
    return None


def _word_of(node: ast.expr) -> str:
    return str(getattr(node, "id", getattr(node, "attr", "value")))


def _word(name: str) -> str:
    name = name.strip("_").replace("_", " ").lower()
    return WORDS.get(name, "n" if name.startswith("n ") else name)


def _cell(text: str) -> str:
    text = re.sub(r"\{(\*[^*{}]+\*)\}", r"\1", text)
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
