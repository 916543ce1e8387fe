"""What the pages of a built site point to: every file and heading is there, and nothing is loaded from elsewhere."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADING = {"script": "src", "link": "href", "img": "src", "source": "src", "iframe": "src"}
"""Attributes by which a page loads a file, by tag."""


class Page(HTMLParser):
    """Collects the names of places in a page, and what it points to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.places: set[str] = set()
        self.links: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the ids and links of a tag."""
        values = {name: value for name, value in attrs if value}
        self.places.update(values[name] for name in ("id", "name") if name in values)
        self.links += [(tag, values[name]) for name in ("href", "src") if name in values]


def faults(site: Path) -> list[str]:
    """Return what the pages of a site point to that is not there, or is loaded from elsewhere."""
    parsed = {page: Page(page.read_text(encoding="utf-8")) for page in sorted(site.rglob("*.html"))}
    found = [
        f"{page.relative_to(site)}: {fault}"
        for page, content in parsed.items()
        if page.name != "404.html"  # served under any address, so its links are absolute
        for tag, link in content.links
        for fault in _faults(page, tag, link, parsed)
    ]
    return list(dict.fromkeys(found))


def _faults(page: Path, tag: str, link: str, parsed: dict[Path, Page]) -> Iterator[str]:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        if tag in LOADING and parts.scheme != "data":
            yield f"loads {link}"
        return
    aim = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    if not aim.exists():
        yield f"no file {link}"
    elif parts.fragment and aim in parsed and unquote(parts.fragment) not in parsed[aim].places:
        yield f"no heading {link}"


def megabytes(site: Path) -> float:
    """Return the size of all files of a folder."""
    return sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) / 1e6
