"""What every part of bench/run uses: the build, the workload, processes and what they cost, how a figure is printed."""
import contextlib
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = ROOT / "build" / "release"
TRIAGED = RELEASE / "triaged"
OUT = ROOT / "build" / "bench"
WORKLOAD = OUT / "workload"
ALERTS = WORKLOAD / "alerts.ndjson"
TOPOLOGY = WORKLOAD / "topology.yaml"
SHAPE = "--seed 7 --services 2000 --hours 12 --faults-per-hour 40 --noise-per-hour 2000".split()
TICKS = os.sysconf("SC_CLK_TCK")
# What runs everything that is measured, clients too.
UNDER = []


def say(text):
    print(f"== {text}", file=sys.stderr, flush=True)


def fail(text):
    sys.exit(f"bench/run: {text}")


def prepare():
    subprocess.run([ROOT / "scripts" / "install-dependencies", "--bench"], check=True)
    subprocess.run([ROOT / "scripts" / "build", "bench"], check=True)
    if not WORKLOAD.is_dir():
        say(f"making the workload: {' '.join(SHAPE)}")
        made = OUT / "workload.part"
        shutil.rmtree(made, ignore_errors=True)
        subprocess.run([sys.executable, ROOT / "tests" / "workload" / "make_alerts.py", *SHAPE, "--out", made],
                       check=True, stdout=sys.stderr)
        made.rename(WORKLOAD)


def cached(name):
    text = (RELEASE / "CMakeCache.txt").read_text()
    found = re.search(rf"^{name}:\w+=(.*)$", text, re.M)
    return found[1] if found else ""


def machine():
    cpu = re.search(r"^model name\s*: (.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    compiler = subprocess.run([cached("CMAKE_CXX_COMPILER"), "--version"], capture_output=True, text=True, check=True)
    return (f"machine   {cpu[1] if cpu else os.uname().machine}, {os.cpu_count()} cores, {memory:.0f} GiB, "
            f"Linux {os.uname().release}, load {os.getloadavg()[0]:.1f}\n"
            f"compiler  {compiler.stdout.splitlines()[0]}, {cached('CMAKE_CXX_FLAGS_RELEASE')}\n"
            f"workload  {' '.join(SHAPE)}")


def run(*command):
    """(standard output, wall seconds, processor seconds, peak MiB) of the whole process"""
    began = time.perf_counter()
    with subprocess.Popen([*UNDER, *command], stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        fail(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return output, time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def results(output):
    """The fields of each RESULT line."""
    lines = [line for line in output.splitlines() if line.startswith("RESULT")]
    return [{key: float(value) for key, value in re.findall(r"(\w+)=([\d.]+)", line)} for line in lines]


def replay(*options):
    """As run(), of triaged replay over the workload with these options."""
    return run(TRIAGED, "replay", "--alerts", ALERTS, *options)


def processor_seconds(pid):
    """User and system time of a process that runs, with that of its children that ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS


def resident_mib(pid, field="VmRSS"):
    """VmHWM: the peak."""
    return int(re.search(rf"^{field}:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1]) / 1024


def folder_mib(folder):
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def quantile(values, part):
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1))]


def sync_milliseconds(folder, count=500):
    """What the machine takes to make 4 KiB durable, one value a try."""
    taken = []
    file = folder / "sync"
    with open(file, "wb", buffering=0) as out:
        for at in range(count):
            page = os.urandom(4096)
            began = time.perf_counter()
            os.pwrite(out.fileno(), page, 4096 * at)
            os.fdatasync(out.fileno())
            taken.append((time.perf_counter() - began) * 1000)
    file.unlink()
    return taken


@contextlib.contextmanager
def empty_folder(name):
    """For the state of a server; gone afterwards."""
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def median(rows, field):
    return statistics.median(row[field] for row in rows)


def spread(rows, field, form="{:.2f}"):
    return f"{form.format(min(row[field] for row in rows))} to {form.format(max(row[field] for row in rows))}"


def heading(text):
    print(f"\n{text}")


def line(what, text):
    print(f"  {what:<36} {text}", flush=True)


def at_least(value, target):
    return f"target ≥ {target}: {'reached' if value >= target else 'MISSED'}"


def at_most(value, target, unit=""):
    return f"target ≤ {target}{unit}: {'reached' if value <= target else 'MISSED'}"
