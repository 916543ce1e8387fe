"""The built site in a browser, opened from the disk: `make docs` before."""

import os
import re
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from scripts.site import screenshots

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (screenshots.SITE / "index.html").is_file(), reason="the site is not built: make docs"),
]
LOOKED_AT = ("index.html", "quickstart.html", "concepts.html", "reference/deepdive.html", "benchmarks.html")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    kept = os.environ.get("DIVECAST_SCREENSHOTS")
    folder = Path(kept) / "site" if kept else tmp_path_factory.mktemp("site")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.mark.parametrize("name", LOOKED_AT)
def test_a_page_loads_nothing_from_elsewhere_and_fits_the_window(name, browser, folder):
    assert list(screenshots.faults(browser, name, folder)) == []
    assert len(list(folder.glob(f"{name.removesuffix('.html').replace('/', '-')}-*.png"))) == 4


def test_the_search_finds_a_term_without_a_server(browser):
    page = browser.new_page()
    page.goto((screenshots.SITE / "index.html").as_uri())
    page.keyboard.press("Control+k")
    page.keyboard.type("negative binomial", delay=20)
    page.get_by_text(re.compile(r"^[1-9]\d* results?$")).wait_for()  # fails after 30 s
    page.close()
