"""Fixtures: one edge for all tests that change nothing in it, and folders for those that need one of their own."""

import pytest
import stack
from edge import Edge


def pytest_sessionstart():
    for program, how in [(stack.SESSIONGATE, "make build"), (stack.ENVOY, "make e2e")]:
        if not program.exists():
            pytest.exit(f"{program} is missing: {how}", returncode=2)


def pytest_collection_modifyitems(items):
    """The label of a marker `contract` goes into the report that envoy_matrix.py makes its table of."""
    for item in items:
        for marker in item.iter_markers("contract"):
            item.user_properties.append(("contract", marker.args[0]))


@pytest.fixture(scope="session")
def edge(tmp_path_factory):
    """An edge whose rate limits nobody reaches."""
    with Edge(tmp_path_factory.mktemp("edge")) as running:
        yield running


@pytest.fixture
def wiki(edge):
    """The wiki behind the edge, having seen nothing yet."""
    edge.wiki.seen.clear()
    return edge.wiki
