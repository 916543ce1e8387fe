"""Look at pages of the built site in chromium: python -m scripts.site.screenshots FOLDER [PAGE ...].

Each page is drawn in two widths, light and dark. Prints what a page loads over a network, errors of its scripts, and
pages that are wider than the window; returns 0 only if there is none of these.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

SITE = Path(__file__).resolve().parents[2] / "build" / "site"
WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def faults(browser: Browser, name: str, folder: Path) -> Iterator[str]:
    """Draw a page in each width and scheme, and yield what is wrong with it."""
    for width in WIDTHS:
        for scheme in SCHEMES:
            page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
            said: list[str] = []
            page.on("pageerror", lambda error, said=said: said.append(f"error {error}"))
            page.on("request", lambda asked, said=said: said.extend(_remote(asked.url)))
            page.goto((SITE / name).as_uri())
            page.wait_for_timeout(300)
            if page.evaluate("document.documentElement.scrollWidth") > width:
                said.append(f"is wider than {width} pixels")
            picture = f"{name.removesuffix('.html').replace('/', '-')}-{scheme}-{width}.png"
            page.screenshot(path=folder / picture, full_page=page.evaluate("document.body.scrollHeight") < 12_000)
            yield from (f"{name}, {scheme}, {width}: {fault}" for fault in said)
            page.close()


def _remote(url: str) -> list[str]:
    return [f"loads {url}"] if url.startswith(("http:", "https:", "ws:", "wss:")) else []


def main(folder: Path, names: list[str]) -> int:
    """Look at the pages named, or at all."""
    folder.mkdir(parents=True, exist_ok=True)
    every = (page.relative_to(SITE).as_posix() for page in SITE.rglob("*.html"))
    names = names or sorted(name for name in every if name != "404.html")
    path = os.environ.get("DIVECAST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=FLAGS)
        found = [fault for name in names for fault in faults(browser, name, folder)]
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"{folder}: {len(names)} pages")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
