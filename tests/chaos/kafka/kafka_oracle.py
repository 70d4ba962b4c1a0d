"""What must be true after anything that was done to instances or broker, seen by a reader of what is committed."""
import collections
import pathlib
import shutil
import tempfile

import cluster
from estate import SHARDS, Estate, alert_runs
from load import labels_of
from oracle import Verdict, check_commands, check_members, check_replay


def check_records(verdict: Verdict, estate: Estate, alerts: list[cluster.Record]) -> None:
    """Each record of the alerts is in one cut, once."""
    there = [record.partition for record in alerts]
    taken = dict.fromkeys(range(SHARDS), 0)
    last = dict.fromkeys(range(SHARDS), -1)
    cuts = estate.cuts()
    for cut in cuts:
        for run in alert_runs(cut):
            if run.first <= last[cut.partition]:
                verdict.double("runs of records", [f"shard {cut.partition} offset {run.first}"])
            last[cut.partition] = run.last
            taken[cut.partition] += run.count
    for shard in range(SHARDS):
        sent = collections.Counter(estate.senders[shard].accepted)
        gone = sent - collections.Counter(record.value for record in alerts if record.partition == shard)
        verdict.expect(not gone, f"the broker lost {gone.total()} records of shard {shard} that it had acknowledged")
        if taken[shard] < there.count(shard):
            verdict.lose("records", [f"{there.count(shard) - taken[shard]} of shard {shard}"])
        if taken[shard] > there.count(shard):
            verdict.double("records", [f"{taken[shard] - there.count(shard)} of shard {shard}"])
    verdict.figures |= {"records": len(there), "cuts": len(cuts)}


def check_numbers(verdict: Verdict, outputs: dict[str, list[cluster.Record]]) -> None:
    """Each output of a shard has its number, from 1, once."""
    for shard in range(SHARDS):
        found = sorted(int(record.headers["n"]) for records in outputs.values() for record in records
                       if record.partition == shard)
        expected = range(1, len(set(found)) + 1)
        verdict.double(f"outputs of shard {shard}", {str(n) for n in found if found.count(n) > 1}
                       if len(found) != len(set(found)) else ())
        verdict.lose(f"outputs of shard {shard}", (str(n) for n in set(expected) - set(found)))


def check(verdict: Verdict, estate: Estate) -> None:
    """After estate.end()."""
    records = cluster.read_all(estate.source)
    check_records(verdict, estate, records)
    outputs = estate.collected()
    check_numbers(verdict, outputs)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="triaged-oracle-"))
    try:
        label_sets = incidents = alerts = 0
        for shard in range(SHARDS):
            write(folder / str(shard), outputs, shard)
            sent = [label for record in records if record.partition == shard for label in labels_of(record.value)]
            check_members(verdict, set(sent), folder / str(shard))
            alerts += len(sent)
            label_sets += verdict.figures["label sets"]
            incidents += verdict.figures["incidents"]
        verdict.figures |= {"label sets": label_sets, "incidents": incidents,
                            "alerts/s": round(alerts / estate.sent_for)}
        write(folder, outputs)
        check_commands(verdict, estate.operator.answered, folder)
        shutil.copy(estate.configuration(), folder)
        shutil.copy(estate.configuration().with_name("rules.yaml"), folder)
        check_replay(verdict, folder)
        verdict.figures |= {"left by themselves": estate.left, "outputs": sum(map(len, outputs.values()))}
    finally:
        shutil.rmtree(folder)


def write(folder: pathlib.Path, outputs: dict[str, list[cluster.Record]], shard: int | None = None) -> None:
    """As `replay --log` writes them."""
    folder.mkdir(exist_ok=True)
    for topic, records in outputs.items():
        lines = [record.value for record in records if shard in (None, record.partition) and record.value is not None]
        (folder / f"{topic}.ndjson").write_bytes(b"".join(line + b"\n" for line in lines))

