"""A file through the daemon, journalled and committed, against replay, which keeps nothing."""
import time

from figures.servers import BY_SERVICE, Triaged
from figures.support import (ALERTS, OUT, TOPOLOGY, at_least, empty_folder, heading, line, median, replay, resident_mib,
                             say, spread)

BY_TOPOLOGY = f"packs: [default]\ncatalogue: ['{TOPOLOGY}']"
HELD = 30  # seconds: by topology what lies hours apart is in within seconds, and its holds are over later


def daemon(rules, more, after):
    """From the start of the process until the last record is taken by a cut; processor time until all is done."""
    with empty_folder("file") as folder:
        source = f"[{{name: export, file: {{path: '{ALERTS}', follow: false}}, format: alertmanager}}]"
        with Triaged(folder, source, rules, more) as server:
            server.ready()
            wall = server.wait_until("the file is taken", lambda: server.told("source_ended") and server.is_taken())
            cpu = server.cpu()
            alerts = server.status()["sources"][0]["received"]
            time.sleep(after)
            server.wait_until("quiet", server.is_quiet)
            return {"alerts": alerts, "rate": alerts / wall, "cpu": cpu, "cpu_after": server.cpu(),
                    "resident": resident_mib(server.pid)}


def replayed(alerts, *options):
    _, wall, cpu, peak = replay(*options, "--incidents", OUT / "incidents.ndjson")
    return {"rate": alerts / wall, "cpu": cpu, "resident": peak}


def measure(rounds):
    rules = OUT / "by-service.yaml"
    rules.write_text(BY_SERVICE)
    kinds = (("by labels", "rules: [rules.yaml]", ["--rules", rules], 3),
             ("by topology", BY_TOPOLOGY, ["--catalogue", TOPOLOGY], HELD))
    rows = {what: [] for what, *_ in kinds}
    for number in range(1, rounds + 1):
        for what, settings, options, after in kinds:
            say(f"file, round {number} of {rounds}: run and replay {what}")
            run = daemon(settings, "", after)
            beside = replayed(run["alerts"], *options)
            rows[what].append({"run": run, "replay": beside, "ratio": run["rate"] / beside["rate"]})
    heading("A file through the daemon, from its start to the last record's cut")
    for what, *_ in kinds:
        run, beside = [row["run"] for row in rows[what]], [row["replay"] for row in rows[what]]
        million = run[0]["alerts"] / 1e6
        line(f"replay {what}", f"{median(beside, 'rate'):>9,.0f} alerts/s, {median(beside, 'cpu') / million:.2f} s CPU a "
                               f"million, {median(beside, 'resident'):.0f} MiB at its peak")
        line(f"run {what}", f"{median(run, 'rate'):>9,.0f} alerts/s, {median(run, 'cpu') / million:.2f} s CPU a million, "
                            f"{median(run, 'cpu_after') / million:.2f} s until all is done; "
                            f"{median(run, 'resident'):.0f} MiB")
        ratio = median(rows[what], "ratio")
        line("run / replay", f"{ratio:.2f} ({spread(rows[what], 'ratio')}), {at_least(ratio, 0.5)}")
