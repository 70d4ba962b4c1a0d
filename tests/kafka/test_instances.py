"""Several instances share the shards."""
import collections

import cluster
from binary import alert
from kafka_case import KafkaCase
from running import Daemon


class Instances(KafkaCase):
    shards = 6

    def send_everywhere(self, name: str) -> set[str]:
        for shard in range(self.shards):
            self.send(alert(f"{name}-{shard}"), partition=shard)
        return {f"{name}-{shard}" for shard in range(self.shards)}

    def share(self, *daemons: Daemon) -> None:
        """Until each shard has one owner, and each of these owns as many as the next."""
        def shared() -> bool:
            all_owned = [self.owned(daemon) for daemon in daemons]
            counted = collections.Counter(shard for owned in all_owned for shard in owned)
            return counted == collections.Counter(range(self.shards)) and \
                {len(owned) for owned in all_owned} == {self.shards // len(daemons)}
        Daemon.until(shared, f"{len(daemons)} share {self.shards} shards")

    def check_once(self, services: set[str]) -> None:
        opened = self.opened(len(services))
        self.assertEqual(set(opened), services)

    def test_one_dies_and_the_others_take_over(self) -> None:
        daemons = [self.start(f"triaged-{n}") for n in range(3)]
        self.share(*daemons)
        services = self.send_everywhere("a")
        self.check_once(services)
        daemons[0].kill()
        services |= self.send_everywhere("b")
        self.check_once(services)
        self.share(*daemons[1:])

    def test_each_shows_all_of_it_and_takes_commands_for_all_of_it(self) -> None:
        daemons = [self.start(f"triaged-{n}") for n in range(2)]
        self.share(*daemons)
        self.send_everywhere("a")
        for daemon in daemons:
            daemon.wait_for_incidents(self.shards)
        for shard in range(self.shards):
            answer = daemons[shard % 2].command(command="acknowledge", incident=f"INC-{shard}-1")
            self.assertEqual(answer.status, 200, answer.body)
        self.wait_for(self.shards, "incidents", lambda document: document["change"] == "acknowledged")

    def test_brokers_that_do_not_answer(self) -> None:
        daemon = self.start()
        self.wait_until_owned(daemon)
        self.send(alert("web"), partition=3)
        daemon.wait_for_incidents(1)
        self.addCleanup(cluster.BROKER.thaw)
        cluster.BROKER.freeze()
        Daemon.until(lambda: daemon.ask("GET", "/-/ready").status == 503, "not ready")
        self.assertIn("Kafka does not answer", str(daemon.ask("GET", "/-/ready").body))
        answer = daemon.command(command="acknowledge", incident="INC-3-1")
        self.assertEqual(answer.status, 503, answer.body)
        self.assertIn("Kafka does not answer", str(answer.body))
        self.assertEqual(daemon.ask("GET", "/api/v1/incidents/INC-3-1").status, 200)
        self.assertIn("Kafka does not answer", str(daemon.ask("GET", "/api/v1/status").body))
        cluster.BROKER.thaw()
        Daemon.until(lambda: daemon.ask("GET", "/-/ready").status == 200, "ready again")
        self.wait_until_owned(daemon)
        self.assertEqual(daemon.command(command="acknowledge", incident="INC-3-1").status, 200)

    def test_a_short_absence_moves_nothing(self) -> None:
        daemons = [self.start(f"triaged-{n}", kafka={"session_timeout": "30s"}) for n in range(3)]
        self.share(*daemons)
        before = [self.owned(daemon) for daemon in daemons]
        told = [self.log(f"triaged-{n}").count("shards_owned") for n in range(3)]
        self.assertEqual(daemons[1].stop(), 0)
        daemons[1] = self.start("triaged-1", kafka={"session_timeout": "30s"})
        self.share(*daemons)
        self.assertEqual([self.owned(daemon) for daemon in daemons], before)
        for n in (0, 2):
            self.assertEqual(self.log(f"triaged-{n}").count("shards_owned"), told[n], "it kept what it had")
        self.check_once(self.send_everywhere("a"))
