"""Build the site: python -m scripts.site.build, in the environment that `make docs` sets up.

The pages are assembled in build/docs and rendered to build/site, which opens from the disk without a network.
"""

import os
import subprocess
import sys
from pathlib import Path

from scripts.site import links, llms, notebooks, pages

BUILD = pages.ROOT / "build"
SHIM = "https://unpkg.com/iframe-worker/shim"
"""What zensical would load from elsewhere, for the search in pages that were opened from the disk."""


def main() -> int:
    """Build, and return 0 only if nothing is wrong with any page."""
    source, site = BUILD / "docs", BUILD / "site"
    pages.assemble(source)
    notebooks.write(source / "tutorials")
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict", "-f", str(pages.CONFIG)]
    if subprocess.run(command, cwd=pages.ROOT, check=False).returncode:
        return 1
    for page in site.rglob("*.html"):
        own = os.path.relpath(site / "assets" / "iframe-worker.js", page.parent)
        page.write_text(page.read_text(encoding="utf-8").replace(SHIM, Path(own).as_posix()), encoding="utf-8")
    llms.write(source, site)
    faults = links.faults(site)
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{site / 'index.html'}: {len(list(site.rglob('*.html')))} pages, {links.megabytes(site):.1f} MB")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
