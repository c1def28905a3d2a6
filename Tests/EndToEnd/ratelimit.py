"""Rate limit services: one that records what it is asked, and one that counts as github.com/envoyproxy/ratelimit does.

Descriptors are looked for in its configuration, entry by entry; a node without a value stands for the values that are
not named. Windows are fixed and begin at multiples of the unit.
"""

import time
from collections import Counter
from concurrent import futures

import grpc
import yaml
from envoy.service.ratelimit.v3.rls_pb2 import RateLimitRequest, RateLimitResponse

SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400}
OK, OVER = RateLimitResponse.OK, RateLimitResponse.OVER_LIMIT


class Service(grpc.GenericRpcHandler):
    """Listens on a port; what it answers is a subclass's."""

    threads = 1

    def __init__(self, port):
        self.server = grpc.server(futures.ThreadPoolExecutor(self.threads), handlers=[self])
        assert self.server.add_insecure_port(f"127.0.0.1:{port}") == port
        self.server.start()

    def stop(self):
        self.server.stop(0)

    def service(self, details):
        assert details.method == "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit"
        return grpc.unary_unary_rpc_method_handler(
            self.answer,
            request_deserializer=RateLimitRequest.FromString,
            response_serializer=RateLimitResponse.SerializeToString,
        )


class Recorder(Service):
    """Records the descriptors that Envoy asks about; says yes."""

    threads = 4

    def __init__(self, port):
        self.asked = []
        super().__init__(port)

    def answer(self, request, _):
        self.asked.append([[(entry.key, entry.value) for entry in one.entries] for one in request.descriptors])
        return RateLimitResponse(overall_code=OK)


class RateLimitService(Service):
    """Counts by the configuration in `text`; `over` has what was over a limit, by the entries up to the class."""

    def __init__(self, port, text):
        configuration = yaml.safe_load(text)
        self.domain = configuration["domain"]
        self.root = self._nodes(configuration)
        self.counts, self.over, self.asked = Counter(), Counter(), 0
        super().__init__(port)

    @staticmethod
    def _nodes(node):
        """The descriptors below a node, by key and value. The service takes no two with the same."""
        below = node.get("descriptors") or []
        nodes = {(one["key"], one.get("value", "")): one for one in below}
        assert len(nodes) == len(below)
        return nodes

    def _find(self, entries):
        """The node with the limit of a descriptor; None without one."""
        nodes = self.root
        for number, (key, value) in enumerate(entries, 1):
            node = nodes.get((key, value)) or nodes.get((key, ""))
            if node is None:
                return None
            if number == len(entries):
                return node if "rate_limit" in node else None
            nodes = self._nodes(node)
        return None

    def answer(self, request, _):
        assert request.domain == self.domain
        self.asked += 1
        codes = [self._count(tuple((one.key, one.value) for one in entry.entries)) for entry in request.descriptors]
        return RateLimitResponse(overall_code=OVER if OVER in codes else OK)

    def _count(self, entries):
        node = self._find(entries)
        limit = node and node["rate_limit"]
        if not limit or limit.get("unlimited"):
            return OK
        window = int(time.time()) // SECONDS[limit["unit"]]
        self.counts[entries, window] += 1
        if self.counts[entries, window] <= limit["requests_per_unit"]:
            return OK
        self.over[entries[:3]] += 1
        return OK if node.get("shadow_mode") else OVER
