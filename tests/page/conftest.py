"""Pages of the shared small models."""

from page_fixtures import *  # noqa: F403
