"""Clients that are slow, and clients that are many."""
import asyncio
import contextlib
import json
import os
import resource
import socket
import time
from typing import Any

from daemon import Daemon, Worker, alert, ask, body, pause, until
from journal import Journal
from load import key
from oracle import Verdict, check_journal, check_members, check_published, check_replay, told

SLOW = 60          # of each kind
SLOWEST = 1.0      # seconds until somebody else is answered
CUT_AFTER = 12.0   # seconds: five for a head, request_timeout for the rest, and a margin
MEMORY = 400 << 20
MANY = 1000
FEW = 256          # descriptors that the daemon is given at first


def check_all(verdict: Verdict, daemon: Daemon, accepted: list[bytes]) -> None:
    """Stops it cleanly first."""
    sent = {key(a["labels"]) for payload in accepted for a in json.loads(payload)}
    daemon.settled()
    told(daemon.folder, sent)
    verdict.expect(daemon.stop() <= 5, "SIGTERM took more than 5 s")
    with Journal(daemon.state) as journal:
        check_journal(verdict, journal, accepted, {})
        check_published(verdict, daemon.folder, journal)
    check_replay(verdict, daemon.folder)
    check_members(verdict, sent, daemon.folder)


def sockets(daemon: Daemon) -> int:
    """That it has open."""
    folder = f"/proc/{daemon.process.pid}/fd"
    count = 0
    for name in os.listdir(folder):
        with contextlib.suppress(OSError):
            count += os.readlink(f"{folder}/{name}").startswith("socket:")
    return count


class Trickle(Worker):
    """Connections that send, or read, one byte a second each."""

    def __init__(self, daemon: Daemon, name: str, first: bytes, rest: bytes, reads: bool = False) -> None:
        super().__init__(name)
        host, port = daemon.address().rsplit(":", 1)
        self.sockets = []
        for _ in range(SLOW):
            one = socket.socket()
            if reads:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the least that the kernel has
            one.settimeout(10)
            one.connect((host, int(port)))
            one.sendall(first)
            one.setblocking(False)
            self.sockets.append(one)
        self.rest = rest
        self.reads = reads
        self.cut_after: float | None = None  # seconds, until the last one was cut

    def alive(self, one: socket.socket, second: int) -> bool:
        try:
            if self.reads:
                return one.recv(1) != b""
            with contextlib.suppress(BlockingIOError):
                if one.recv(4096, socket.MSG_PEEK) is not None:
                    return False  # it is answered, or at its end
            one.send(self.rest[second:second + 1])
            return True
        except BlockingIOError:
            return True
        except OSError:
            return False

    def work(self) -> None:
        began = time.monotonic()
        left = list(self.sockets)
        second = 0
        while left and not self.ending.is_set():
            left = [one for one in left if self.alive(one, second)]
            second += 1
            self.ending.wait(1)
        if not left:
            self.cut_after = time.monotonic() - began
        for one in self.sockets:
            one.close()


def slow(verdict: Verdict) -> None:
    """They are cut, and nobody else waits for them."""
    with Daemon(http={"listen": "127.0.0.1:0", "request_timeout": "2s", "idle_timeout": "2s"}) as daemon:
        daemon.start()
        accepted = [body(*(alert(f"A{n}", f"s{n}", labels={"text": "x" * 900}) for n in range(500)))]
        verdict.expect(daemon.ask("POST", "/api/v2/alerts", accepted[0]).status == 200, "alerts are not accepted")
        until(lambda: len(daemon.get("/api/v1/alerts?limit=500")["alerts"]) == 500, "they are in the read model")
        verdict.expect(100 * len(daemon.ask("GET", "/api/v1/alerts?limit=500").text) > 16 << 20, "a page is too small")
        before = sockets(daemon)
        host = f"Host: {daemon.address()}\r\n".encode()
        head = b"POST /api/v2/alerts HTTP/1.1\r\n" + host + b"Content-Type: application/json\r\n"
        page = b"GET /api/v1/alerts?limit=500 HTTP/1.1\r\n" + host + b"\r\n"
        trickles = [Trickle(daemon, "head", head[:1], head[1:]),
                    Trickle(daemon, "body", head + b"Content-Length: 1000\r\n\r\n", b"[" + b" " * 998 + b"]"),
                    Trickle(daemon, "reader", page * 100, b"", reads=True)]
        for trickle in trickles:
            trickle.start()
        connection = daemon.connect()
        began = time.monotonic()
        slowest = 0.0
        while time.monotonic() - began < CUT_AFTER and any(t.is_alive() for t in trickles[:2]):
            payload = body(alert(f"B{len(accepted)}", "others"))
            at = time.monotonic()
            answer = ask(connection, "POST", "/api/v2/alerts", payload)
            slowest = max(slowest, time.monotonic() - at)
            verdict.expect(answer.status == 200, f"somebody else was answered with {answer.status}")
            accepted.append(payload)
            pause(0.02)
        connection.close()
        for trickle in trickles[:2]:
            verdict.expect(trickle.cut_after is not None, f"{trickle.name}: a byte a second is not cut in {CUT_AFTER} s")
        # Who reads slowly sees the end only once it has read what is on the way; the daemon is rid of it before.
        until(lambda: sockets(daemon) <= before + 1, "readers of a byte a second are cut", patience=CUT_AFTER)
        for trickle in trickles:
            trickle.end()
        verdict.expect(slowest <= SLOWEST, f"somebody else waited {slowest:.1f} s")
        verdict.expect(daemon.peak_memory() <= MEMORY, f"it took {daemon.peak_memory() >> 20} MiB")
        verdict.figures |= {"slow clients": len(trickles) * SLOW, "ms for the slowest of the others":
                            round(slowest * 1000), "MiB": daemon.peak_memory() >> 20}
        check_all(verdict, daemon, accepted)


async def post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, payload: bytes) -> int:
    writer.write(b"POST /api/v2/alerts HTTP/1.1\r\nHost: triaged\r\nContent-Type: application/json\r\n"
                 + f"Content-Length: {len(payload)}\r\n\r\n".encode() + payload)
    await writer.drain()
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
    await reader.readexactly(int(length.split(b":")[1]))
    return int(head.split(b" ")[1])


async def everybody(address: str, payloads: list[list[bytes]]) -> list[list[int | str]]:
    """One connection for each, all of them there before any is closed; each posts its payloads, all at once."""
    host, port = address.rsplit(":", 1)

    async def connect() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(host, int(port))

    async def one(connection: Any, payload: bytes) -> int | str:
        try:
            return await asyncio.wait_for(post(*connection, payload), 30)
        except (OSError, EOFError, asyncio.TimeoutError) as error:
            return type(error).__name__

    connections = await asyncio.gather(*(connect() for _ in payloads))
    rounds = []
    for number in range(len(payloads[0])):
        rounds.append(await asyncio.gather(*(one(c, mine[number]) for c, mine in zip(connections, payloads))))
    for _, writer in connections:
        writer.close()
    return rounds


class NoDescriptors(Exception):
    """This process may not have so many."""


@contextlib.contextmanager
def soft_limit(count: int) -> Any:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * MANY:
        raise NoDescriptors(f"the hard limit of descriptors is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def many(verdict: Verdict) -> None:
    with Daemon() as daemon:
        with soft_limit(FEW):
            daemon.start()
        payloads = [[body(alert(f"A{n}-{r}", f"s{n // 20}")) for r in range(2)] for n in range(MANY)]
        with soft_limit(MANY + 256):
            began = time.monotonic()
            rounds = asyncio.run(everybody(daemon.address(), payloads))
            took = time.monotonic() - began
        answers = [answer for one in rounds for answer in one]
        bad = sorted({str(answer) for answer in answers if answer != 200})
        verdict.expect(not bad, f"of {len(answers)} posts {sum(a != 200 for a in answers)} got {bad}")
        accepted = [mine[r] for r, one in enumerate(rounds) for mine, answer in zip(payloads, one) if answer == 200]
        verdict.figures |= {"connections at once": MANY, "s for two posts each": round(took, 2),
                            "MiB": daemon.peak_memory() >> 20}
        check_all(verdict, daemon, accepted)


def run_many(verdict: Verdict) -> None:
    try:
        many(verdict)
    except NoDescriptors as error:
        verdict.skipped = str(error)
