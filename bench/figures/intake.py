"""Alerts over HTTP, 64 a post, four connections: ours makes each durable before it answers, Debian's Alertmanager keeps
them in memory. Both group by (service, region), and both tell: we in a file, it to a receiver that swallows."""
import contextlib
import socket
import subprocess
import time

from figures.servers import Alertmanager, Triaged
from figures.support import (ALERTS, OUT, RELEASE, TOPOLOGY, at_least, at_most, empty_folder, heading, line, median,
                             quantile, resident_mib, results, run, say, spread, sync_milliseconds)

AFTER = 4  # seconds that a server has to finish what it has taken; they count


def post(server):
    """Rate, times of a post, and processor time of the server until it is done with it."""
    before = server.cpu()
    row = results(run(RELEASE / "bench/bench_post", server.address, ALERTS)[0])[0]
    during = server.cpu() - before
    time.sleep(AFTER)
    if isinstance(server, Triaged):
        server.wait_until("quiet", server.is_quiet)
    row["cpu"] = server.cpu() - before
    row["per_cpu"] = row["alerts"] / row["cpu"]
    row["per_cpu_during"] = row["alerts"] / during
    row["resident"] = resident_mib(server.pid)
    return row


@contextlib.contextmanager
def receiver():
    with subprocess.Popen([RELEASE / "bench/bench_swallow"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        yield int(process.stdout.readline())
        process.stdin.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ours(rules="rules: [rules.yaml]"):
    with empty_folder("intake") as folder:
        with Triaged(folder, "[{name: http, http: {}, format: alertmanager}]", rules,
                     "publish: [{file: incidents.ndjson}]") as server:
            server.ready()
            return post(server)


def theirs():
    with empty_folder("intake") as folder, receiver() as port:
        with Alertmanager(folder, free_port(), port) as server:
            server.ready()
            return post(server)


def measure(rounds):
    if Alertmanager.PROGRAM is None:
        heading("HTTP intake: left out; Alertmanager is Debian's package prometheus-alertmanager, which is not installed")
        return
    rows = []
    for number in range(1, rounds + 1):
        say(f"intake, round {number} of {rounds}: Alertmanager, triaged, triaged by topology, syncs")
        row = {"theirs": theirs(), "ours": ours(),
               "topology": ours(f"packs: [default]\ncatalogue: ['{TOPOLOGY}']")}
        taken = sync_milliseconds(OUT)
        row["sync_p50"], row["sync_p99"] = quantile(taken, 0.5), quantile(taken, 0.99)
        for field in ("rate", "per_cpu"):
            row[f"{field}_ratio"] = row["ours"][field] / row["theirs"][field]
        rows.append(row)

    def of(who):
        return [row[who] for row in rows]

    heading(f"HTTP intake, 64 alerts a post, 4 connections, {rows[0]['ours']['alerts']:,.0f} alerts")
    for what, who in ((f"Alertmanager {Alertmanager.version()}", "theirs"), ("triaged, durable", "ours"),
                      ("triaged, by topology", "topology")):
        line(what, f"{median(of(who), 'rate'):>9,.0f} alerts/s, {median(of(who), 'per_cpu'):>9,.0f} a CPU-second "
                   f"({median(of(who), 'per_cpu_during'):,.0f} while posting), a post {median(of(who), 'p50_ms'):.2f} ms "
                   f"p50, {median(of(who), 'p99_ms'):.2f} ms p99; {median(of(who), 'resident'):.0f} MiB")
    line("the client's share", f"{median(of('theirs'), 'client_cpu'):.2f} s CPU against Alertmanager, "
                               f"{median(of('ours'), 'client_cpu'):.2f} s against triaged")
    line("4 KiB made durable", f"{median(rows, 'sync_p50'):.2f} ms p50, {median(rows, 'sync_p99'):.2f} ms p99")
    ratio = median(rows, "per_cpu_ratio")
    line("alerts a CPU-second, ours / theirs",
         f"{ratio:.1f} ({spread(rows, 'per_cpu_ratio', '{:.1f}')}), {at_least(ratio, 4)}")
    ratio = median(rows, "rate_ratio")
    line("alerts/s, ours / theirs", f"{ratio:.1f} ({spread(rows, 'rate_ratio', '{:.1f}')}), {at_least(ratio, 3)}")
    bound = median(of("theirs"), "p99_ms") + 2 * median(rows, "sync_p99")
    line("p99 of a post", f"{median(of('ours'), 'p99_ms'):.2f} ms, "
                          f"{at_most(median(of('ours'), 'p99_ms'), round(bound, 2), ' ms (theirs + 2 syncs)')}")
