#!/usr/bin/env python3
"""What the compiler does not check about this repository: layers, clocks, sizes, leftovers.

  tidy.py [ROOT]     prints FILE:LINE: fault for each, exits 1 where there is one
"""
import os
import pathlib
import re
import sys
from typing import Iterator, NamedTuple

LAYERS = ["rules", "config", "connectors", "daemon"]
MAX_LINES = 500
MAX_FILES_IN_FOLDER = 25

CPP = {".cpp", ".hpp"}
CODE = CPP | {".py", ".sh"}
TEXT = CODE | {".md", ".txt", ".cmake", ".json", ".yaml", ".yml"}
# Test inputs are allowed to be ugly, and as many as it takes.
DATA = ("tests/fuzz/corpus/", "tests/scenarios/", "tests/unit/")
SKIPPED_FOLDERS = {".git", "build", "__pycache__"}

# Third-party headers that one folder alone may include.
OWNERS = {"yaml-cpp/": ["config/yaml/"], "simdjson": ["connectors/wire/", "tests/fuzz/", "bench/limit/"],
          "prometheus/": ["connectors/metrics/"], "sqlite3.h": ["connectors/sqlite/"],
          "boost/beast": ["connectors/http/"], "boost/asio": ["connectors/", "daemon/"],
          "curl/": ["connectors/http_client/"],
          "librdkafka/": ["connectors/kafka/", "bench/kafka/", "tests/unit/connectors/kafka/", "tests/integration/kafka/"]}

# What would make rules/ depend on more than its inputs.
IMPURE_HEADERS = {
    "atomic", "condition_variable", "cstdio", "ctime", "filesystem", "fstream", "future", "iostream", "locale", "mutex",
    "random", "regex", "shared_mutex", "semaphore", "stop_token", "thread"}
IMPURE_BOOST = ("boost/asio", "boost/beast", "boost/filesystem", "boost/random", "boost/thread", "boost/process",
                "boost/interprocess", "boost/json")
IMPURE_WORDS = [
    "system_clock", "steady_clock", "high_resolution_clock", "utc_clock", "file_clock", "random_device", "mt19937",
    "mt19937_64", "default_random_engine", "std::thread", "jthread", "this_thread", "std::async", "mutex",
    "shared_mutex", "fopen", "fwrite", "printf", "fprintf", "ifstream", "ofstream", "fstream", "cout", "cerr", "getenv",
    "rand", "srand", "float", "double"]
CLOCKS = ["system_clock", "steady_clock", "high_resolution_clock", "clock_gettime", "gettimeofday", "std::time"]
SLEEPS = ["sleep_for", "sleep_until", "usleep", "nanosleep", "time.sleep"]
# Spelt apart so that this file has none.
LEFTOVERS = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]


class Fault(NamedTuple):
    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


class File(NamedTuple):
    path: str           # relative to the root, with slashes
    text: str
    kind: str           # the suffix; ".sh" or ".py" too where a first line #! says so

    @property
    def top(self) -> str:
        return self.path.split("/")[0] if "/" in self.path else ""

    @property
    def layer(self) -> int:
        return LAYERS.index(self.top) if self.top in LAYERS else -1


def is_data(path: str) -> bool:
    return path.startswith(DATA) and pathlib.PurePosixPath(path).suffix not in CODE


def words(names: list[str]) -> re.Pattern[str]:
    return re.compile(r"(?<![\w.])(" + "|".join(re.escape(n) for n in names) + r")(?!\w)")


NOT_CODE = re.compile(
    r'^[ \t]*#[ \t]*include[^\n]*|//[^\n]*|/\*.*?\*/'
    r'|R"(?P<raw>[^(\s]{0,16})\(.*?\)(?P=raw)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    r"|(?P<number>\b\d[\w']*)", re.S | re.M)  # a number may hold quotes that open nothing


def code_only(text: str) -> str:
    """The same lines, with includes, comments and what is in literals left out."""
    return NOT_CODE.sub(lambda m: m["number"] or "\n" * m[0].count("\n") or " ", text)


def matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        for match in pattern.finditer(line):
            yield number, match.group(match.lastindex or 0)


def includes(file: File) -> Iterator[tuple[int, str, bool]]:
    """(line, header, whether in quotes)"""
    for number, line in enumerate(file.text.split("\n"), 1):
        if match := re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line):
            yield number, match[2], match[1] == '"'


def check_includes(file: File, root: pathlib.Path) -> Iterator[Fault]:
    for line, header, quoted in includes(file):
        top = header.split("/")[0]
        if file.layer >= 0:
            if top in LAYERS and LAYERS.index(top) > file.layer:
                yield Fault(file.path, line, f"{file.top}/ includes {top}/, which stands to its right: {header}")
            if top in ("tests", "bench"):
                yield Fault(file.path, line, f"{file.top}/ includes {top}/: {header}")
            if quoted and not (root / header).is_file():
                yield Fault(file.path, line, f"include {header} by its path from the root; <> where it is not ours")
        for library, owners in OWNERS.items():
            if header.startswith(library) and not file.path.startswith(tuple(owners)):
                yield Fault(file.path, line, f"only {', '.join(owners)} may include {library.rstrip('/')}")
        if file.top == "rules" and not quoted:
            standard = re.fullmatch(r"[a-z_]+", header) is not None
            if header in IMPURE_HEADERS or header.startswith(IMPURE_BOOST):
                yield Fault(file.path, line, f"rules/ has no clocks, randomness, threads or I/O: <{header}>")
            elif not standard and not header.startswith(("boost/", "re2/")):
                yield Fault(file.path, line, f"rules/ uses the standard library, Boost and RE2 only: <{header}>")


def check_cpp(file: File, root: pathlib.Path) -> Iterator[Fault]:
    yield from check_includes(file, root)
    code = code_only(file.text)
    if file.kind == ".hpp" and "#pragma once" not in code:
        yield Fault(file.path, 1, "a header begins with #pragma once")
    if file.top == "rules":
        for line, word in matches(words(IMPURE_WORDS), code):
            yield Fault(file.path, line, f"rules/ is a pure function of its inputs, in integers: no {word}")
    for line, _ in matches(re.compile(r"\bstd::(?:basic_|w)?regex\b"), code):
        yield Fault(file.path, line, "regular expressions are RE2's, not std::regex")
    product_or_test = file.layer > 0 or file.top == "tests"
    if product_or_test and not file.path.startswith("connectors/clock/"):
        for line, word in matches(words(CLOCKS), code):
            yield Fault(file.path, line, f"clocks are read in connectors/clock/ only: {word}")


def check_sleeps(file: File) -> Iterator[Fault]:
    code = code_only(file.text) if file.kind in CPP else file.text
    pattern = words(SLEEPS) if file.kind != ".sh" else re.compile(r"(?:^|[;&|])\s*(sleep)\s+[\d.$]")
    for line, word in matches(pattern, code):
        yield Fault(file.path, line, f"a test waits for what it needs, it does not {word}")


def check_text(file: File) -> Iterator[Fault]:
    for line, word in matches(re.compile(r"\b(" + "|".join(LEFTOVERS) + r")\b"), file.text):
        yield Fault(file.path, line, f"{word}: finish it, or say it in an issue")
    for line, _ in matches(re.compile(r"[ \t\r]+$"), file.text):
        yield Fault(file.path, line, "white space at the end of the line")
    lines = file.text.count("\n") + (not file.text.endswith("\n"))
    if file.kind in CODE and lines > MAX_LINES:
        yield Fault(file.path, lines, f"{lines} lines; {MAX_LINES} is the most a file has")


def check_folders(root: pathlib.Path, files: list[File], paths: list[str]) -> Iterator[Fault]:
    in_folder: dict[str, int] = {}
    for path in filter(lambda path: not is_data(path), paths):
        folder = path.rpartition("/")[0]
        in_folder[folder] = in_folder.get(folder, 0) + 1
    for folder, count in sorted(in_folder.items()):
        if count > MAX_FILES_IN_FOLDER:
            yield Fault(folder, 0, f"{count} files; {MAX_FILES_IN_FOLDER} is the most a folder has")
    for top in sorted({f.top for f in files if f.kind in CODE and f.top and not f.top.startswith(".")}):
        if not (root / top / "README.md").is_file():
            yield Fault(top, 0, "a top folder with code has a README.md")


def paths_under(root: pathlib.Path) -> list[str]:
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = set(folders) - SKIPPED_FOLDERS
        found += [(pathlib.Path(folder) / name).relative_to(root).as_posix() for name in names]
    return sorted(found)


def read(root: pathlib.Path, path: str) -> File | None:
    """None: not a text that these checks are about."""
    kind = pathlib.PurePosixPath(path).suffix
    data = (root / path).read_bytes()
    if not kind and data.startswith(b"#!"):
        kind = ".py" if b"python" in data.split(b"\n")[0] else ".sh"
    if kind not in TEXT:
        return None
    return File(path, data.decode(errors="replace"), kind)


def faults(root: pathlib.Path) -> Iterator[Fault]:
    paths = paths_under(root)
    files = [file for file in (read(root, path) for path in paths if not is_data(path)) if file]
    for file in files:
        if file.kind in CPP:
            yield from check_cpp(file, root)
        if file.top == "tests" and not file.path.startswith("tests/tidy/"):
            yield from check_sleeps(file)
        yield from check_text(file)
    yield from check_folders(root, files, paths)


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    found = list(faults(root))
    for fault in found:
        print(fault)
    print(f"{len(paths_under(root))} files, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
