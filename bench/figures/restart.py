"""A million active alerts, each sent twice; then the daemon is killed, or stopped, and started again."""
import signal
import subprocess
import time

from figures.servers import Triaged
from figures.support import (OUT, RELEASE, at_most, empty_folder, folder_mib, heading, line, median, resident_mib, run,
                             say, spread)

ACTIVE = 1_000_000
SOURCES = "[{name: http, http: {}, format: alertmanager}]"
TAIL = 990_000  # a little less than what makes a snapshot due
# Nothing ends by itself while this is measured.
SETTINGS = "engine: {resolve_timeout: 1h}"


def alerts_file(count):
    """So many alerts of the workload's shape with labels of their own, made once."""
    file = OUT / f"active-{count}.ndjson"
    if not file.exists():
        say(f"making {count:,} alerts with labels of their own")
        draft = file.with_suffix(".part")
        with open(draft, "w", encoding="ascii") as out:
            subprocess.run([RELEASE / "bench/bench_alerts", str(count)], stdout=out, check=True)
        draft.rename(file)
    return file


def fill(server, file, alerts=ACTIVE):
    """Posts the file, and waits until all of it is where it belongs."""
    run(RELEASE / "bench/bench_post", server.address, file, "--batch", "1000", "--again", "1", "--alerts", str(alerts))
    server.wait_until("quiet", server.is_quiet, 0.1)


def start(folder):
    return Triaged(folder, SOURCES, more=SETTINGS)


def restart(folder, row, what):
    """Starts it again, and notes how long it took until it was ready."""
    server = start(folder)
    row[f"{what}_ready"] = server.ready()
    row[f"{what}_active"] = server.metric("triaged_alerts_active")
    row[f"{what}_recovery"] = server.told_number("recovered", "took_ms") / 1000
    row[f"{what}_records"] = server.told_number("recovered", "records")
    return server


def measure(rounds):
    file = alerts_file(ACTIVE)
    rows = []
    with empty_folder("restart") as folder:
        say(f"restart: {ACTIVE:,} alerts, twice")
        server = start(folder)
        server.ready()
        began = time.monotonic()
        fill(server, file)
        filled = time.monotonic() - began
        server.wait_until("a snapshot", lambda: server.told("snapshot_written"), 0.1)
        fill(server, file, TAIL)
        fill_row = {"resident": resident_mib(server.pid), "folder": folder_mib(server.state),
                    "active": server.metric("triaged_alerts_active"),
                    "stall": server.told_number("snapshot_written", "stall_us") / 1000,
                    "took": server.told_number("snapshot_written", "took_ms") / 1000}
        for number in range(1, rounds + 1):
            say(f"restart, round {number} of {rounds}: killed, then stopped")
            row = {}
            server.end(signal.SIGKILL)
            server = restart(folder, row, "killed")
            began = time.monotonic()
            server.end()
            row["stop"] = time.monotonic() - began
            server = restart(folder, row, "stopped")
            if number < rounds:
                fill(server, file, TAIL)
            rows.append(row)
        server.end(signal.SIGKILL)
    heading(f"A restart with {fill_row['active']:,.0f} active alerts")
    line("the daemon with them", f"filled in {filled:.0f} s; {fill_row['resident']:.0f} MiB resident, state folder "
                                 f"{fill_row['folder']:.0f} MiB")
    line("a snapshot of them", f"{fill_row['took']:.1f} s beside the shard, which it stalled {fill_row['stall']:.1f} ms")
    for what in ("killed", "stopped"):
        ready = median(rows, f"{what}_ready")
        line(f"{what}, then ready",
             f"{ready:.2f} s ({spread(rows, f'{what}_ready')}), of that {median(rows, f'{what}_recovery'):.2f} s recovery, "
             f"which ran {median(rows, f'{what}_records'):,.0f} records of 1,000 alerts again; "
             f"{median(rows, f'{what}_active'):,.0f} active, {at_most(ready, 5, ' s')}")
    line("a clean stop", f"{median(rows, 'stop'):.2f} s, {at_most(median(rows, 'stop'), 5, ' s')}")
