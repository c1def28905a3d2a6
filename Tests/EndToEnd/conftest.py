"""Fixtures: one edge for all tests that change nothing in it, and folders for those that need one of their own.

A test that uses `edge`, or another fixture that asks for a `way`, runs twice: against ext_authz with Sessiongate beside
Envoy, and against the module inside Envoy. `@pytest.mark.ext_authz` and `@pytest.mark.module` are for what one of them
alone has.
"""

import inside
import pytest
import stack
from edge import WAYS


def pytest_configure(config):
    for way in WAYS:
        config.addinivalue_line("markers", f"{way}: only with {way}")


def pytest_sessionstart():
    for program, how in [(stack.SESSIONGATE, "make build"), (stack.ENVOY, "make e2e")]:
        if not program.exists():
            pytest.exit(f"{program} is missing: {how}", returncode=2)


def pytest_generate_tests(metafunc):
    """Both ways for tests that name one, as far as this Envoy has them."""
    if "way" not in metafunc.fixturenames:
        return
    only = [way for way in WAYS if next(metafunc.definition.iter_markers(way), None)]
    ways = only or list(WAYS)
    if inside.envoy_version() < inside.SINCE:
        ways = [way for way in ways if way != "module"]
    metafunc.parametrize("way", ways, scope="session")


def pytest_collection_modifyitems(items):
    """The label of a marker `contract` goes into the report that envoy_matrix.py makes its table of."""
    for item in items:
        for marker in item.iter_markers("contract"):
            way = getattr(item, "callspec", None) and item.callspec.params.get("way")
            label = f"{marker.args[0]} (module)" if way == "module" else marker.args[0]
            item.user_properties.append(("contract", label))


@pytest.fixture(scope="session")
def edge(way, tmp_path_factory):
    """An edge whose rate limits nobody reaches."""
    with WAYS[way](tmp_path_factory.mktemp("edge")) as running:
        yield running


@pytest.fixture
def wiki(edge):
    """The wiki behind the edge, having seen nothing yet."""
    edge.wiki.seen.clear()
    return edge.wiki
