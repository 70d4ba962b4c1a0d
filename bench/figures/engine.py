"""The engine in one process, beside the yardstick: decode, dedup and group, with nothing kept."""
from figures.support import (ALERTS, OUT, RELEASE, TOPOLOGY, at_least, at_most, heading, line, median, replay, results,
                             run, say, spread)


def pair():
    limit = results(run(RELEASE / "bench/bench_limit", ALERTS, "3")[0])
    engine = results(run(RELEASE / "bench/bench_engine", ALERTS, "3")[0])
    limit_output, limit_wall, _, _ = run(RELEASE / "bench/bench_limit", ALERTS, "1")
    count = results(limit_output)[0]["alerts"]
    _, wall, cpu, peak = replay("--catalogue", TOPOLOGY, "--incidents", OUT / "incidents.ndjson")
    row = {"limit": median(limit, "rate"), "limit_cpu": median(limit, "cpu_per_m"),
           "engine": median(engine, "rate"), "engine_cpu": median(engine, "cpu_per_m"),
           "limit_process": count / limit_wall, "replay": count / wall, "replay_cpu": cpu / count * 1e6,
           "replay_peak": peak}
    row["engine_ratio"] = row["engine"] / row["limit"]
    row["engine_cpu_ratio"] = row["limit_cpu"] / row["engine_cpu"]
    row["replay_ratio"] = row["replay"] / row["limit"]
    row["replay_process_ratio"] = row["replay"] / row["limit_process"]
    return row


def measure(rounds):
    rows = []
    for number in range(1, rounds + 1):
        say(f"engine, round {number} of {rounds}: yardstick, engine, yardstick as a process, replay")
        rows.append(pair())
    say("engine: a million active alerts")
    memory = results(run(RELEASE / "bench/bench_memory")[0])[0]

    def middle(field):
        return median(rows, field)

    heading("The engine, one process")
    line("yardstick, alerts in memory", f"{middle('limit'):>11,.0f} alerts/s, {middle('limit_cpu'):.2f} s CPU a million")
    line("yardstick, whole process", f"{middle('limit_process'):>11,.0f} alerts/s")
    line("engine by labels, in memory",
         f"{middle('engine'):>11,.0f} alerts/s, {middle('engine_cpu'):.2f} s CPU a million")
    line("replay by topology, whole process",
         f"{middle('replay'):>11,.0f} alerts/s, {middle('replay_cpu'):.2f} s CPU a million, "
         f"{middle('replay_peak'):.0f} MiB at its peak")
    ratio = middle("engine_ratio")
    line("engine / yardstick", f"{ratio:.2f} ({spread(rows, 'engine_ratio')}; by CPU time "
                               f"{middle('engine_cpu_ratio'):.2f}), {at_least(ratio, 0.5)}")
    ratio = middle("replay_ratio")
    line("replay / yardstick", f"{ratio:.2f} ({spread(rows, 'replay_ratio')}; to its whole process "
                               f"{middle('replay_process_ratio'):.2f}), {at_least(ratio, 0.25)}")
    size = memory["resident_per_alert"]
    line("bytes an active alert", f"{size:.0f} resident, {memory['allocated_per_alert']:.0f} allocated, at "
                                  f"{memory['active']:,.0f} active, {at_most(size, 1024)}")
