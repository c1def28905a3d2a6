"""Honest clients of every kind at a fixed rate, in a process of their own: what a flood beside them does to them.

    python honest.py FILE

FILE (JSON) has `port`, `rate` (requests a second of each kind), `seconds`, and `heads`: for each kind the lines of its
requests. Each request is measured from the moment at which it was due. Prints {kind: {sent, failed, p50, p99, max}},
milliseconds; `failed` counts answers by status, and connections that ended without one as `none`.
"""

import asyncio
import collections
import json
import sys
import time

CONNECTIONS = 16


class Client:
    """Connections of one kind, each with one request at a time."""

    def __init__(self, port):
        self.port = port
        self.idle = asyncio.Queue()
        for _ in range(CONNECTIONS):
            self.idle.put_nowait(None)
        self.latencies = []
        self.failed = collections.Counter()

    async def ask(self, head, due):
        """Sends one request, and notes what became of it."""
        connection = await self.idle.get()
        status = "none"
        try:
            connection = connection or await asyncio.open_connection("127.0.0.1", self.port)
            status = await exchange(*connection, head)
        except (OSError, EOFError, TimeoutError):
            if connection:
                connection[1].close()
            connection = None
        self.idle.put_nowait(connection)
        self.latencies.append((time.monotonic() - due) * 1000)
        if status != "200":
            self.failed[status] += 1

    def report(self):
        """The figures of this kind."""
        times = sorted(self.latencies)
        quantiles = {f"p{part}": round(times[len(times) * part // 100], 1) for part in (50, 99)}
        return {"sent": len(times), "failed": dict(self.failed), **quantiles, "max": round(times[-1], 1)}


async def exchange(reader, writer, head):
    """The status of the answer to this head."""
    writer.write(head)
    async with asyncio.timeout(10):
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = answer.partition("\r\ncontent-length: ")[2].partition("\r\n")[0]
        await reader.readexactly(int(length or 0))
    return answer.split(" ", 2)[1]


async def run(port, rate, seconds, heads):
    """All kinds beside each other; their reports."""
    clients = {kind: Client(port) for kind in heads}
    start = time.monotonic() + 0.1
    tasks = []
    for number in range(int(rate * seconds)):
        due = start + number / rate
        await asyncio.sleep(max(0, due - time.monotonic()))
        for kind, client in clients.items():
            head = heads[kind][number % len(heads[kind])].encode("latin-1")
            tasks.append(asyncio.create_task(client.ask(head, due)))
    await asyncio.gather(*tasks)
    return {kind: client.report() for kind, client in clients.items()}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        print(json.dumps(asyncio.run(run(**json.load(file)))))
