"""A browser to look at pages in."""

import os
import shutil
from contextlib import contextmanager

import pytest

_QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def running_browser():
    """A headless browser: the chromium of the system, or the one of playwright; at most one per thread."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = os.environ.get("DIVECAST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with playwright.sync_playwright() as running:
        try:
            chromium = running.chromium.launch(executable_path=path, args=[*_QUIET, "--disable-sync"])
        except playwright.Error as error:
            pytest.skip(f"no chromium that playwright can start: {str(error).splitlines()[0]}")
        yield chromium
        chromium.close()
