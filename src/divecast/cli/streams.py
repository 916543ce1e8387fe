"""Standard output and error of the command, which may be closed, full, or read by no one any more."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO


class OutputLostError(Exception):
    """Nothing can be written to standard output; no OSError, which libraries would answer in their own ways.

    Attributes:
        reason: what the system says.
        unread: whether its reader is gone, as ``head`` is when it has its lines.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.reason = error.strerror or str(error)
        self.unread = error.errno == errno.EPIPE


class _Guarded:
    """A stream whose failures end in one place."""

    def __init__(self, stream: TextIO, failed: Callable[[OSError], None]) -> None:
        self._stream = stream
        self._failed = failed

    def write(self, text: str) -> int:
        self._attempt(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        self._attempt(self._stream.flush)

    def _attempt(self, work: Callable[[], object]) -> None:
        try:
            work()
        except OSError as error:
            _discard(self._stream)
            self._failed(error)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Have what cannot be written to standard output end the command, and what standard error does not take be lost.

    Characters that the encoding of a stream lacks are written as escapes.

    Raises:
        OutputLostError: standard output cannot be written.
    """
    _fill_closed_descriptors()
    former = sys.stdout, sys.stderr
    out, err = _opened(sys.stdout, os.O_RDONLY), _opened(sys.stderr, os.O_WRONLY)
    sys.stdout, sys.stderr = _Guarded(out, _output_lost), _Guarded(err, lambda _: None)
    try:
        with _escaping(out), _escaping(err):
            yield
    finally:
        sys.stdout, sys.stderr = former


def _output_lost(error: OSError) -> None:
    raise OutputLostError(error) from error


def _fill_closed_descriptors() -> None:
    """Open what the shell has closed (``>&-``), so that no file of the command gets the number of a standard stream."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)


def _opened(stream: TextIO | None, mode: int) -> TextIO:
    """A stream, or one in place of a closed one; writing to one that is only read fails as it does in the shell."""
    return stream or os.fdopen(os.open(os.devnull, mode), "w", encoding="utf-8")


@contextmanager
def _escaping(stream: Any) -> Iterator[None]:
    if not hasattr(stream, "reconfigure"):  # another program's stand-in
        yield
        return
    errors = stream.errors
    stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        with suppress(OSError):
            stream.reconfigure(errors=errors)


def _discard(stream: TextIO) -> None:
    """Send what a stream still holds nowhere, or Python would try to write it again as the process ends."""
    with suppress(OSError, ValueError):  # it has no descriptor
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)
