"""The tutorials as notebooks to download: the scripts, which CI runs, in the form of Jupyter."""

from pathlib import Path

import jupytext
import nbformat


def write(folder: Path) -> None:
    """Write a notebook beside each script of a folder, and name both at the top of its page."""
    for script in sorted(folder.glob("[0-9]_*.py")):
        notebook = jupytext.read(script)
        notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"cell-{number}"  # random otherwise
        nbformat.validate(notebook)
        jupytext.write(notebook, script.with_suffix(".ipynb"))
        page = script.with_suffix(".md")
        head, _, body = page.read_text(encoding="utf-8").partition("\n\n# ")
        title, _, rest = body.partition("\n")
        links = f"Download: [notebook]({script.stem}.ipynb), [script]({script.name})."
        page.write_text(f"{head}\n\n# {title}\n\n{links}\n{rest}", encoding="utf-8")
