"""How docstrings are read for the site: an example is code, and a page that is named is a link."""

import re
from typing import Any

import griffe


class Sections(griffe.Extension):
    """Reads ``Example:`` as mkdocstrings reads ``Examples:``, and roles and names of pages as Markdown."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of an object, before it is parsed."""
        if obj.docstring is not None:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """Return a docstring as mkdocstrings is to read it."""
    text = re.sub(r"(?m)^(\s*)Example:$", r"\1Examples:", text)
    text = re.sub(r":\w+:`~?\.?([\w.]+)`", r"`\1`", text)
    return re.sub(r"(?<![\w/`])docs/(\w+)\.md(#[\w-]+)?", r"[docs/\1.md](../\1.md\2)", text)
