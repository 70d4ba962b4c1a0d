"""From Kafka to Kafka, exactly once, the broker beside it: a backlog, the way of one alert, taking a shard over."""
import statistics

from figures import peers, takeover
from figures.support import (ALERTS, RELEASE, at_least, at_most, empty_folder, heading, line, median, resident_mib,
                             results, run, say, spread)
from figures.topics import Instance, NoJava, broker

SECONDS = 20  # of alerts at a quarter of the rate
PEERS = (peers.STREAMS, peers.FLINK)


def drain(topics, topic, alerts):
    """From the first alert taken to the last one's cut; processor time in between, and until all is done."""
    with empty_folder("kafka") as folder, Instance(folder, topics, topic, topics.name("drain")) as server:
        server.wait_until("ready", server.owns)
        began = server.wait_until("an alert", lambda: server.shard()["lastRecord"] > 1)
        cpu = server.cpu()
        wall = server.taken(alerts) - began
        row = {"rate": alerts / wall, "cpu_per_m": (server.cpu() - cpu) / alerts * 1e6}
        server.wait_until("quiet", server.is_quiet)
        return row | {"whole_per_m": (server.cpu() - cpu) / alerts * 1e6,
                      "peak_mib": resident_mib(server.pid, "VmHWM")}


def latency(topics, rate):
    topic = topics.make("latency", message_timestamp_type="LogAppendTime")
    prefix = topics.name("latency")
    with empty_folder("kafka") as folder, Instance(folder, topics, topic, prefix) as server:
        server.wait_until("ready", server.owns)
        output, *_ = run(RELEASE / "bench/bench_latency", topics.address, topic, f"{prefix}.incidents", ALERTS,
                         f"{rate:.0f}", str(SECONDS))
        return results(output)[0]


def drain_rounds(topics, rounds):
    """Rows of each: the yardstick, ours, the peers that there are."""
    topic = topics.make("alerts")
    alerts = topics.load(topic, ALERTS)
    rows = {"yardstick": [], "triaged": []}
    for number in range(1, rounds + 1):
        say(f"kafka, round {number} of {rounds}: yardstick, triaged, {', '.join(peer.name for peer in PEERS)}")
        output, *_ = run(RELEASE / "bench/bench_limit_kafka", topics.address, topic, topics.make("limit"))
        rows["yardstick"].append(results(output)[0])
        rows["triaged"].append(drain(topics, topic, alerts))
        for peer in PEERS:
            try:
                rows.setdefault(peer.name, []).append(peer.run(topics, topic, alerts))
            except peers.Skipped as reason:
                rows[peer.name] = str(reason)
    return rows


def print_ratio(what, ratios, target, digits, more=""):
    ratio = statistics.median(ratios)
    line(what, f"{ratio:.{digits}f} ({min(ratios):.{digits}f} to {max(ratios):.{digits}f}{more}), "
               f"{at_least(ratio, target)}")


def print_drain(rows):
    heading("A backlog of alerts, from one lz4 partition to topics, exactly once")
    for what, mine in rows.items():
        if isinstance(mine, str):
            line(what, f"SKIPPED: {mine}")
            continue
        more = f", {median(mine, 'whole_per_m'):.2f} s until all is done" if what == "triaged" else ""
        line(what, f"{median(mine, 'rate'):>9,.0f} alerts/s, {median(mine, 'cpu_per_m'):.2f} s CPU a million{more}; "
                   f"{median(mine, 'peak_mib'):,.0f} MiB at its peak")

    def beside(other, field):
        return [mine[field] / its[field] for mine, its in zip(rows["triaged"], rows[other])]

    def by_processor(other):
        return [1 / ratio for ratio in beside(other, "cpu_per_m")]

    print_ratio("triaged / yardstick, alerts/s", beside("yardstick", "rate"), 0.7, 2)
    print_ratio("… alerts a CPU-second", by_processor("yardstick"), 0.7, 2)
    for peer in PEERS:
        if not isinstance(rows[peer.name], str):
            more = f"; by CPU time {statistics.median(by_processor(peer.name)):.1f}"
            print_ratio(f"triaged / {peer.name}", beside(peer.name, "rate"), peer.target, 1, more)


def print_latency(rows):
    heading(f"From the append of an alert to its incident, read_committed, at {median(rows, 'rate'):,.0f} alerts/s")
    p99 = median(rows, "p99_ms")
    line("append to incident", f"p50 {median(rows, 'p50_ms'):.0f} ms, p99 {p99:.0f} ms "
                               f"({spread(rows, 'p99_ms', '{:.0f}')}), slowest {median(rows, 'max_ms'):.0f} ms, "
                               f"{at_most(p99, 250, ' ms')}")
    line("from when it was due to be sent",
         f"p50 {median(rows, 'due_p50_ms'):.0f} ms, p99 {median(rows, 'due_p99_ms'):.0f} ms")
    line("probes", f"{median(rows, 'probes'):,.0f} a round; "
                   f"{sum(row['missing'] for row in rows):.0f} without an incident")


def measure(rounds):
    try:
        with broker() as topics:
            drains = drain_rounds(topics, rounds)
            print_drain(drains)
            rate = median(drains["triaged"], "rate") / 4
            rows = []
            for number in range(1, rounds + 1):
                say(f"kafka, round {number} of {rounds}: {SECONDS} s of {rate:,.0f} alerts/s")
                rows.append(latency(topics, rate))
            print_latency(rows)
            takeover.measure(topics, rounds)
    except NoJava as reason:
        heading("Kafka")
        line("kafka", f"SKIPPED: {reason}")
