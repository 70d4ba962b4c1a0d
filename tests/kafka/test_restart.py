"""Ends, clean and not, and what the next life makes of them: nothing lost, nothing doubled."""
import collections
import json
import shutil

import binary
import cluster
from binary import alert
from kafka_case import KafkaCase
from running import Daemon


class Restart(KafkaCase):
    def check_once(self, services: set[str]) -> None:
        """Each label set has one episode, and each revision of an incident stands there once."""
        documents = self.documents("incidents")
        opened = collections.Counter(d["services"][0] for d in documents if d["change"] == "opened")
        self.assertEqual(opened, collections.Counter(dict.fromkeys(services, 1)))
        revisions = collections.defaultdict(list)
        for document in documents:
            revisions[document["id"]].append(document["revision"])
        for incident, found in revisions.items():
            self.assertEqual(found, list(range(1, len(found) + 1)), incident)
        numbers = sorted(int(incident.split("-")[2]) for incident in revisions)
        self.assertEqual(numbers, list(range(1, len(services) + 1)))

    def check_replay(self) -> None:
        """The log, run again without the daemon, gives the same bytes."""
        again = self.folder / "again"
        result = binary.run("replay", "--log", self.folder / "triaged-0" / "triaged.yaml", "--incidents", again)
        self.assertEqual(result.code, 0, result.err)
        self.assertEqual(again.read_bytes(), b"".join(record.value + b"\n" for record in self.outputs("incidents")))

    def test_a_clean_end(self) -> None:
        daemon = self.start()
        self.send(*(alert(f"s{n}") for n in range(20)))
        self.opened(20)
        self.assertEqual(daemon.stop(), 0)
        before = {topic: cluster.ends(self.prefix + topic, 1) for topic in ("incidents", "alerts", "audit")}
        self.send(*(alert(f"s{n}") for n in range(10, 30)))
        self.start()
        self.opened(30)
        self.check_once({f"s{n}" for n in range(30)})
        self.check_replay()
        self.assertGreater(cluster.ends(self.prefix + "incidents", 1), before["incidents"])

    def test_retention_that_comes_near_is_told(self) -> None:
        daemon = self.start(snapshot={"interval": "100ms"})
        number = 0

        def told() -> bool:
            nonlocal number
            number += 1
            self.send(alert(f"s{number}"))
            self.opened(number)
            # All but the last is gone, and a snapshot needs some of that, or nearly.
            cluster.delete_before(self.source, 0, number - 1)
            return "event=retention_close" in self.log()
        Daemon.until(told, "that retention is near is told")
        self.assertGreaterEqual(daemon.metric("triaged_source_retention_used_ratio", shard="0"), 0.5)

    def test_killed_again_and_again(self) -> None:
        services = set()
        for life in range(6):
            daemon = self.start(snapshot={"interval": "200ms"})
            fresh = {f"s{life}-{n}" for n in range(25)}
            services |= fresh
            self.send(*(alert(service) for service in sorted(fresh)))
            if life % 2:
                self.opened(len(services))
            daemon.kill()
        self.start()
        self.opened(len(services))
        self.check_once(services)
        self.check_replay()

    def test_the_disk_is_a_cache(self) -> None:
        daemon = self.start(snapshot={"max_tail": 5})
        self.send(*(alert(f"s{n}") for n in range(20)))
        self.opened(20)
        self.assertEqual(daemon.stop(), 0)
        shutil.rmtree(self.folder / "triaged-0" / "state")
        again = self.start()
        self.send(*(alert(f"s{n}") for n in range(15, 25)))
        self.opened(25)
        self.check_once({f"s{n}" for n in range(25)})
        Daemon.until(lambda: len(again.ask("GET", "/api/v1/incidents?limit=1000").body["incidents"]) == 25,
                     "the read model has all of it again")
        self.check_replay()

    def test_copies_of_snapshots_that_are_torn_or_altered_are_passed_over(self) -> None:
        daemon = self.start(snapshot={"interval": "200ms"})
        self.send(*(alert(f"s{n}") for n in range(10)))
        self.opened(10)
        self.assertEqual(daemon.stop(), 0)
        copies = self.outputs("snapshots")
        manifest = copies[-1]
        self.assertEqual(manifest.headers["kind"], "manifest")
        altered = bytearray(manifest.value)
        altered[len(altered) // 2] ^= 1
        topic = self.prefix + "snapshots"
        self.producer.send(topic, bytes(altered), headers=list(manifest.headers.items()))
        torn = {**manifest.headers, "kind": "chunk", "last": str(manifest.offset), "writer": "nobody"}
        self.producer.send(topic, b"half of one", headers=list(torn.items()))
        shutil.rmtree(self.folder / "triaged-0" / "state")
        # What is before the snapshot is needed no more, and gone.
        cluster.delete_before(self.source, 0, cluster.ends(self.source, 1)[0])
        self.start()
        self.send(alert("s5"), alert("after"))
        self.opened(11)
        self.check_once({f"s{n}" for n in range(10)} | {"after"})

    def test_a_crash_at_each_point(self) -> None:
        services = set()
        for point in ("before-commit", "produced", "committed", "snapshot-half", "recovery"):
            # A recovery has something to run again only behind a life that was cut short.
            daemon = Daemon(self.configure(snapshot={"max_tail": 5}), TRIAGED_TEST_CRASH_AT=f"{point}:1") if point != "recovery" else None
            fresh = {f"{point}-{n}" for n in range(5)}
            services |= fresh
            self.send(*(alert(service) for service in sorted(fresh)))
            if daemon is None:
                self.crashing_start(point)
            else:
                self.addCleanup(daemon.kill)
                self.assertNotEqual(daemon.process.wait(cluster.PATIENCE), 0, point)
        self.start()
        self.opened(len(services))
        self.check_once(services)
        self.check_replay()

    def crashing_start(self, point: str) -> None:
        """It crashes as soon as it recovers, ready or not."""
        try:
            daemon = Daemon(self.configure(), TRIAGED_TEST_CRASH_AT=f"{point}:1")
        except AssertionError:
            return
        self.addCleanup(daemon.kill)
        self.assertNotEqual(daemon.process.wait(cluster.PATIENCE), 0)

    def test_nothing_of_what_was_sent_twice(self) -> None:
        """Exactly once is about records: the same alert in two of them is a repeat."""
        daemon = self.start()
        self.send(*[alert("web")] * 5)
        self.opened(1)
        Daemon.until(lambda: daemon.metric("triaged_alerts_repeated_total") == 4, "four repeats")
        self.assertEqual(len([json.loads(r.value) for r in self.outputs("incidents")]), 1)
