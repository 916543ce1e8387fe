"""Pages of the shared small models, and a browser."""

from page_fixtures import *  # noqa: F403
