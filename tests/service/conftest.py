"""A service of the small models."""

import pytest

from service.requests_to import Client, table_of
from worlds import hours


@pytest.fixture(scope="session")
def client(hours_model, told_model):
    return Client({"hours": hours_model, "told": told_model})


@pytest.fixture(scope="session")
def rows():
    """The last rows of ``worlds.hours``."""
    return table_of(hours().panel.rows(1000, 1060))
