"""When Sessiongate is gone, Envoy's failure mode answers; when it is back, so are identities."""

import pytest
from edge import Edge


@pytest.fixture
def own_edge(tmp_path):
    with Edge(tmp_path) as running:
        yield running


@pytest.mark.contract("an outage is 503, never a refusal")
def test_stopped_and_started_again(own_edge):
    assert own_edge.outcome(auth=own_edge.oauth1()) == 200
    assert own_edge.sessiongate.stop() == 0
    for _ in range(3):
        assert own_edge.outcome(auth=own_edge.oauth1()) == 503
        answer = own_edge.get()
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5" and answer.json() == {"error": "no verdict"}
    own_edge.start_sessiongate()
    assert own_edge.outcome(auth=own_edge.oauth1()) == 200


def test_killed_under_load_loses_no_state_that_matters(own_edge):
    own_edge.sessiongate.process.kill()
    own_edge.sessiongate.process.wait()
    assert own_edge.outcome() == 503
    own_edge.start_sessiongate()
    assert own_edge.outcome(auth=own_edge.oauth1()) == 200
