"""The site for language models: llms.txt lists the pages, llms-full.txt holds their text (https://llmstxt.org)."""

import re
import tomllib
from itertools import groupby
from pathlib import Path

from scripts.site import pages

LONG = 60_000
"""Characters beyond which a page is listed but left out of llms-full.txt."""


def write(source: Path, site: Path) -> None:
    """Write both files, and each page as Markdown beside its HTML."""
    project = tomllib.loads(pages.CONFIG.read_text(encoding="utf-8"))["project"]
    listed = [(section, path) for section, _, path in pages.entries(pages.navigation()) if path.endswith(".md")]
    texts = {path: (source / path).read_text(encoding="utf-8") for _, path in listed}
    head = f"# {project['site_name']}\n\n> {project['site_description']}\n"
    lines = [head]
    for section, members in groupby(listed, key=lambda entry: entry[0].partition(":")[0]):
        lines += [f"## {section or 'Start'}\n", *(entry(path, texts[path]) for _, path in members), ""]
    (site / "llms.txt").write_text("\n".join(lines), encoding="utf-8")
    whole = [f"<!-- {path} -->\n\n{text}" for path, text in texts.items() if len(text) <= LONG]
    left = [f"- {path}" for path, text in texts.items() if len(text) > LONG]
    note = "Left out for their length, see their own files:\n\n" + "\n".join(left)
    (site / "llms-full.txt").write_text("\n\n".join([head, *whole, note]) + "\n", encoding="utf-8")
    for path, text in texts.items():
        (site / path).write_text(text, encoding="utf-8")


def entry(path: str, text: str) -> str:
    """Return the line of a page: its title with a link, and its first sentence."""
    title = re.search(r"(?m)^# (.+)$", text)
    prose = re.sub(r"(?ms)^```.*?^```|<!--.*?-->|^(?:[#|>!:<]|Download:).*?$", "", text)
    first = re.search(r"(?ms)^(\w.*?)(?:\. |\.$|:$|\n\n|\Z)", prose)
    summary = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", " ".join(first[1].split())) if first else ""
    name = title[1].strip("`") if title else path
    return f"- [{name}]({path}){': ' + summary if summary else ''}"
