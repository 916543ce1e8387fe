"""Connections that wait for a request: where there are too many, the oldest are closed, and a new one is let in.

A client that opens connections and sends nothing would otherwise shut out all others before a token is asked. One that
means it sends its request at once, and so is not among the oldest.
"""

from collections.abc import Callable

MOST_WAITING, MOST_WAITING_OF_ONE = 256, 32
"""Connections without a request, in all and from one address; a browser keeps six."""


class Waiting:
    """The connections that wait for a request, in the order in which they began to.

    Args:
        most: number of all.
        most_of_one: number from one address.
    """

    def __init__(self, most: int = MOST_WAITING, most_of_one: int = MOST_WAITING_OF_ONE) -> None:
        self._most, self._most_of_one = most, most_of_one
        self._close: dict[int, tuple[str, Callable[[], None]]] = {}

    def __len__(self) -> int:
        """Number of connections."""
        return len(self._close)

    def enter(self, connection: object, address: str, close: Callable[[], None]) -> None:
        """Add a connection, unless it waits already, and close the oldest that are too many.

        Args:
            connection: the connection.
            address: of its client.
            close: closes it.
        """
        if id(connection) in self._close:
            return
        self._close[id(connection)] = address, close
        of_one = [each for each, (other, _) in self._close.items() if other == address]
        if len(of_one) > self._most_of_one:
            self._drop(of_one[0])
        elif len(self._close) > self._most:
            self._drop(next(iter(self._close)))

    def leave(self, connection: object) -> None:
        """Remove a connection that has sent its request, or is closed."""
        self._close.pop(id(connection), None)

    def _drop(self, number: int) -> None:
        _, close = self._close.pop(number)
        close()
