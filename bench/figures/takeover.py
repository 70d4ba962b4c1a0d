"""A shard with a million active alerts whose owner is killed; another instance of its group takes it over."""
import datetime
import shutil
import signal
import time

from figures.restart import ACTIVE, SETTINGS, TAIL, alerts_file
from figures.support import at_most, empty_folder, heading, line, median, say, spread
from figures.topics import Instance

SESSION = 3  # seconds of silence until the group gives the shard to another


def stamp(fields):
    """When a line was logged, in seconds since 1970; 0 where there is none."""
    return datetime.datetime.fromisoformat(fields["time"].replace("Z", "+00:00")).timestamp() if fields else 0


def fill(topics, topic, owner):
    """A million active alerts, a snapshot of them, and as many repeats as come before the next one is due."""
    file = alerts_file(ACTIVE)
    alerts = topics.load(topic, file)
    owner.taken(alerts)
    owner.wait_until("a snapshot", lambda: owner.told("snapshot_written"), 0.1)
    alerts += topics.load(topic, file, TAIL)
    owner.taken(alerts)


def take_over(owner, standby):
    killed = time.time()
    owner.end(signal.SIGKILL)
    standby.wait_until("recovered", lambda: stamp(standby.told("recovered")) > killed)
    standby.wait_until("ready", standby.owns)
    given, recovered = stamp(standby.told("shards_owned")), stamp(standby.told("recovered"))
    return {"noticed": given - killed, "recovery": recovered - given, "whole": recovered - killed,
            "records": standby.told_number("recovered", "records"),
            "active": standby.metric("triaged_alerts_active")}


def measure(topics, rounds):
    topic, group = topics.make("active"), topics.name("takeover")
    rows = []
    with empty_folder("kafka-a") as first, empty_folder("kafka-b") as second:

        def start(folder):
            shutil.rmtree(folder / "state", ignore_errors=True)
            return Instance(folder, topics, topic, group, f"{SESSION}s", SETTINGS)

        with start(first) as owner:
            owner.wait_until("ready", owner.owns)
            say(f"kafka: {ACTIVE:,} active alerts in a shard")
            fill(topics, topic, owner)
            for number in range(1, rounds + 1):
                say(f"kafka, round {number} of {rounds}: its owner is killed")
                began = time.time()
                standby = start(second)
                standby.wait_until("a member", lambda: stamp(standby.told("shards_owned")) > began)
                rows.append(take_over(owner, standby))
                owner, first, second = standby, second, first
            owner.end()
    heading(f"Taking over a shard with {median(rows, 'active'):,.0f} active alerts, its owner killed")
    recovery = median(rows, "recovery")
    line("from when it is given to recovered",
         f"{recovery:.2f} s ({spread(rows, 'recovery')}), by a snapshot from Kafka and "
         f"{median(rows, 'records'):,.0f} alerts run again, {at_most(recovery, 10, ' s')}")
    line("until it is given", f"{median(rows, 'noticed'):.2f} s, session timeout {SESSION} s")
    line("both", f"{median(rows, 'whole'):.2f} s")
