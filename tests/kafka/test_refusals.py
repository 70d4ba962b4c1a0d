"""What `run` does not start with, and what it says to do."""
import shutil

import cluster
from binary import Result, alert
from kafka_case import KafkaCase
from running import Daemon


class Refusals(KafkaCase):
    shards = 2

    def expect(self, result: Result, *words: str) -> None:
        self.assertEqual(result.code, 78, result.err)
        for word in words:
            self.assertIn(word, result.err)

    def test_a_topic_that_is_not_there(self) -> None:
        source = cluster.fresh_name()
        self.expect(self.refused(sources=[{"name": "alerts", "kafka": {"topics": [source]}}]), source, "--create")
        self.assertEqual(cluster.partitions_of(self.prefix + "cuts"), 0)

    def test_another_number_of_partitions(self) -> None:
        cluster.make_topic(self.prefix + "cuts", 3)
        self.expect(self.refused(), self.prefix + "cuts", "3 partitions", "has 2")
        self.assertEqual(cluster.partitions_of(self.prefix + "incidents"), 0, "nothing is made beside what is wrong")

    def test_more_partitions_than_there_were(self) -> None:
        daemon = self.start()
        self.send(alert("web"))
        self.opened(1)
        self.assertEqual(daemon.stop(), 0)
        cluster.add_partitions(self.source, 4)
        self.expect(self.refused(), "has 4", "number of shards")

    def test_more_partitions_while_it_runs(self) -> None:
        daemon = self.start(properties={"topic.metadata.refresh.interval.ms": "200"})
        self.wait_until_owned(daemon)
        cluster.add_partitions(self.source, 3)
        self.assertEqual(daemon.process.wait(cluster.PATIENCE), 78)
        self.assertIn(f"{self.source} and {self.prefix}control have not as many partitions", self.last_words())

    def test_another_group_on_the_same_topics(self) -> None:
        """Two groups would both have each shard, and both write its log."""
        daemon = self.start()
        self.wait_until_owned(daemon)
        other = self.start("other", kafka={"group": cluster.fresh_name()})
        self.assertEqual(other.process.wait(cluster.PATIENCE), 78)
        self.assertIn(f"is the log of the group {self.group}", self.last_words())
        self.send(alert("web"))
        self.opened(1)
        self.assertIsNone(daemon.process.poll())

    def test_a_topic_that_would_lose_what_is_needed(self) -> None:
        cluster.make_topic(self.prefix + "cuts", 2, cleanup_policy="compact")
        self.expect(self.refused(), self.prefix + "cuts", "cleanup.policy", "kafka-configs.sh")

    def test_a_source_that_is_compacted(self) -> None:
        source = cluster.fresh_name()
        cluster.make_topic(source, 1, cleanup_policy="compact")
        self.expect(self.refused(sources=[{"name": "alerts", "kafka": {"topics": [source]}}]), source, "compact")

    def test_alerts_that_are_needed_and_gone(self) -> None:
        """Retention overtook the snapshot."""
        daemon = self.start()
        self.send(*(alert(f"s{n}") for n in range(10)))
        self.opened(10)
        daemon.kill()
        shutil.rmtree(self.folder / "triaged-0" / "state")
        cluster.delete_before(self.source, 0, 5)
        daemon = self.start()
        code = daemon.process.wait(cluster.PATIENCE)
        self.assertNotEqual(code, 0)
        told = self.last_words()
        self.assertIn(self.source, told)
        self.assertIn("retention", told)
        # Nothing was made of what is left.
        self.assertEqual(len({d["id"] for d in self.documents("incidents")}), 10)

    def test_a_group_that_is_ahead_of_the_cuts(self) -> None:
        """Cuts are the truth; a group that was further has others, which are not there."""
        daemon = self.start()
        self.send(alert("web"))
        self.opened(1)
        self.assertEqual(daemon.stop(), 0)
        Daemon.until(lambda: cluster.move_group(self.group, self.source, 0, 1000), "its session is over")
        daemon = self.start()
        self.assertEqual(daemon.process.wait(cluster.PATIENCE), 78)
        self.assertIn(f"is at offset 1000 of {self.source}/0", self.last_words())

    def test_a_group_that_is_behind_the_cuts(self) -> None:
        daemon = self.start()
        self.send(alert("web"))
        self.opened(1)
        self.assertEqual(daemon.stop(), 0)
        Daemon.until(lambda: cluster.move_group(self.group, self.source, 0, 0), "its session is over")
        self.start()
        self.send(alert("orders"))
        self.assertEqual(set(self.opened(2)), {"web", "orders"})

    def test_two_with_one_folder(self) -> None:
        self.start()
        result = self.refused()
        self.assertNotEqual(result.code, 0)
        self.assertIn("state", result.err)
