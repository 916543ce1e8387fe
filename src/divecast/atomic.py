"""Files that are written whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from divecast.errors import ArtifactError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give an empty temporary file beside ``path``, and move it there when the block ends well.

    Raises:
        ArtifactError: the disk is full, the folder is missing or read-only; what was at ``path`` is left as it was.
    """
    temporary = path.parent / f".{path.name}.{uuid4().hex}.part"
    try:
        temporary.open("xb").close()
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise ArtifactError(
            f"could not write {path}: {error}. Any former file is as it was; "
            "give a folder that exists, may be written to and has room"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
