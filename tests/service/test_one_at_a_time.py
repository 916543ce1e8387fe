"""A listening socket that several workers share."""

import socket

import pytest

from divecast.web.one_at_a_time import OneAtATime


def test_the_more_connections_one_has_the_more_turns_others_get():
    bound = socket.create_server(("127.0.0.1", 0))
    address = bound.getsockname()
    with OneAtATime.of(bound) as shared:
        assert bound.fileno() == -1
        shared.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has come, which is no turn taken
            shared.accept()
        clients, accepted = [socket.create_connection(address) for _ in range(3)], []
        for n_open in (1, 2, 1):
            accepted.append(shared.accept()[0])
            for _ in range(n_open):
                with pytest.raises(BlockingIOError):
                    shared.accept()
            if n_open == 2:
                for each in accepted:
                    each.close()
        for each in (*clients, *accepted):
            each.close()
