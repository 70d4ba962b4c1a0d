"""What the daemon costs while nothing comes: processor time and wake-ups of 20 seconds."""
import pathlib
import time

from figures.restart import SETTINGS, SOURCES, alerts_file, fill
from figures.servers import Triaged
from figures.support import at_most, empty_folder, heading, line, say

ACTIVE = 100_000
WATCHED = 20  # seconds
SETTLED = 5   # seconds for what was put off


def wake_ups(pid):
    total = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        fields = dict(text.split(":\t", 1) for text in (task / "status").read_text().splitlines() if ":\t" in text)
        total += int(fields["voluntary_ctxt_switches"])
    return total


def watch(active):
    with empty_folder("idle") as folder, Triaged(folder, SOURCES, more=SETTINGS) as server:
        server.ready()
        if active:
            fill(server, alerts_file(active))
        time.sleep(SETTLED)
        cpu, woken = server.cpu(), wake_ups(server.pid)
        time.sleep(WATCHED)
        return (server.cpu() - cpu) / WATCHED, (wake_ups(server.pid) - woken) / WATCHED


def measure(_rounds):
    heading(f"Idle for {WATCHED} s")
    for active in (0, ACTIVE):
        say(f"idle: {active:,} active alerts")
        cpu, woken = watch(active)
        line(f"with {active:,} active alerts", f"{cpu * 100:.2f} % of a processor, {woken:.1f} wake-ups a second, "
                                               f"{at_most(round(cpu * 100, 2), 1, ' %')}")
