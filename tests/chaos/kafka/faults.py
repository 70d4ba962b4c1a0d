"""What is done to instances and broker while alerts come."""
import signal
from typing import Callable, NamedTuple

from daemon import pause
from estate import SESSION_TIMEOUT, Estate, Instance
from kafka_broker import Broker
from kafka_oracle import check
from oracle import Verdict

# How often a point is passed before it kills, at most. Of a snapshot, by the child that writes it: once.
POINTS = {"before-commit": 15, "produced": 15, "committed": 15, "before-apply": 100, "recovery": 3, "snapshot-begin": 1,
          "snapshot-half": 1, "snapshot-written": 1}
REACHED = 20.0      # seconds within which a named point must be passed
LONGEST_LIFE = 4.0  # seconds, for those that end at random: joining a group takes most of one


def kill_at_random(estate: Estate, instance: Instance) -> None:
    estate.watch(estate.draw.random() * LONGEST_LIFE)
    instance.kill()
    instance.spawn()


def kill_at(estate: Estate, instance: Instance, point: str) -> bool:
    """Whether it got there; a recovery may have nothing to run again."""
    instance.kill()
    instance.spawn(TRIAGED_TEST_CRASH_AT=f"{point}:{estate.draw.randint(1, POINTS[point])}")
    reached = instance.wait(REACHED) == -signal.SIGKILL
    if not reached and instance.alive():
        instance.kill()
    instance.spawn()
    return reached


def kills(verdict: Verdict, estate: Estate, times: int) -> None:
    reached = dict.fromkeys(POINTS, 0)
    for number in range(times):
        instance = estate.draw.choice(estate.instances)
        if number % 2 == 0:
            kill_at_random(estate, instance)
        else:
            point = list(POINTS)[number // 2 % len(POINTS)]
            reached[point] += kill_at(estate, instance, point)
        estate.look()
    verdict.figures |= {"kills": times, "at named points": sum(reached.values())}
    never = [point for point, count in reached.items() if count == 0]
    verdict.expect(times < 4 * len(POINTS) or not never, f"never reached: {never}")


def broker_killed(verdict: Verdict, estate: Estate, times: int) -> None:
    for _ in range(times):
        estate.watch(2 + estate.draw.random() * 3)
        estate.broker.kill()
        estate.watch(estate.draw.random() * 3)
        estate.broker.start()
    estate.watch(2)
    verdict.figures["broker killed"] = times


def broker_frozen(verdict: Verdict, estate: Estate, times: int) -> None:
    for _ in range(times):
        estate.watch(1 + estate.draw.random() * 2)
        estate.broker.freeze()
        estate.watch(3 + estate.draw.random() * 17)
        estate.broker.thaw()
    estate.watch(2)
    verdict.figures["broker frozen"] = times


def owner_frozen(verdict: Verdict, estate: Estate, times: int) -> None:
    """Past its session timeout: the others have its shards when it wakes, and nothing that it still sends counts."""
    for _ in range(times):
        instance = estate.draw.choice(estate.instances)
        estate.watch(5)
        instance.signal(signal.SIGSTOP)
        pause(SESSION_TIMEOUT + 3 + estate.draw.random() * 3)
        instance.signal(signal.SIGCONT)
        estate.watch(3)
    verdict.figures["owner frozen"] = times


def join_leave(verdict: Verdict, estate: Estate, times: int) -> None:
    """Cleanly, for longer than the session timeout now and then."""
    for number in range(times):
        instance = estate.draw.choice(estate.instances)
        estate.watch(1)
        if instance.alive() and instance.address():
            instance.stop(60)
        pause(SESSION_TIMEOUT + 1 if number % 4 == 0 else estate.draw.random())
        instance.spawn()
    verdict.figures["joins and leaves"] = times


class Trial(NamedTuple):
    fault: Callable[[Verdict, Estate, int], None]
    times: int  # in CI
    pace: float = 0.03  # seconds between two records of a sender
    repeats: float = 0.0


FAULTS = {"kills": Trial(kills, 100), "broker-killed": Trial(broker_killed, 5), "broker-frozen": Trial(broker_frozen, 5),
          "owner-frozen": Trial(owner_frozen, 5), "join-leave": Trial(join_leave, 20, 0.001, 0.9)}


def run(verdict: Verdict, name: str, broker: Broker, seed: int, times: int) -> None:
    trial = FAULTS[name]
    with Estate(broker, seed, trial.pace, trial.repeats) as estate:
        trial.fault(verdict, estate, times or trial.times)
        estate.end()
        check(verdict, estate)
