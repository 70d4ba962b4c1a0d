"""A scrape of /metrics with 2,000 services: of the registry alone, and of a daemon that knows them, at rest and while it
takes alerts."""
import subprocess
import time

from figures.file import BY_TOPOLOGY
from figures.servers import Triaged, get
from figures.support import ALERTS, RELEASE, at_most, empty_folder, heading, line, quantile, results, run, say

SOURCES = "[{name: http, http: {}, format: alertmanager}]"
SCRAPES = 50


def scrape(server, slow_enough=0.0):
    """Milliseconds of one scrape each, and bytes of the last."""
    taken = []
    for _ in range(SCRAPES):
        began = time.perf_counter()
        size = len(get(server.address, "/metrics"))
        taken.append((time.perf_counter() - began) * 1000)
        time.sleep(slow_enough)
    return taken, size


def measure(_rounds):
    say("scrape: the registry, a daemon at rest, a daemon that takes alerts")
    registry = results(run(RELEASE / "bench/bench_scrape")[0])[0]
    with empty_folder("scrape") as folder, Triaged(folder, SOURCES, BY_TOPOLOGY) as server:
        server.ready()
        post = [RELEASE / "bench/bench_post", server.address, ALERTS]
        subprocess.run([*post, "--alerts", "100000"], check=True, capture_output=True)
        server.wait_until("quiet", server.is_quiet)
        rest, size = scrape(server)
        with subprocess.Popen(post, stdout=subprocess.PIPE) as load:
            time.sleep(2)  # it reads the file first
            busy, _ = scrape(server, 0.02)
            load.kill()
    heading("A scrape of /metrics")
    slowest = registry["scrape_ms"]
    line("registry with 2,000 services", f"{slowest:.2f} ms, the slowest of twenty, {registry['series']:,.0f} series, "
                                         f"{at_most(slowest, 20, ' ms')}")
    for what, taken in (("daemon with 2,000 services, at rest", rest), ("the same, while it takes alerts", busy)):
        line(what, f"{quantile(taken, 0.5):.2f} ms p50, {max(taken):.2f} ms the slowest of {SCRAPES}, "
                   f"{size:,} bytes, {at_most(round(max(taken), 2), 20, ' ms')}")
