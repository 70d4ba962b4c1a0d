"""Reads a state folder's log.db without the daemon: records, cuts, outputs, and what must hold among them."""
import ctypes
import ctypes.util
import hashlib
import pathlib
import sqlite3
import struct
from typing import NamedTuple

TOPICS = {1: "incidents", 2: "alerts", 3: "audit", 4: "silences", 5: "rejected"}
KINDS = {1: "alerts", 2: "lines", 3: "command", 4: "bundle", 5: "skip", 6: "engine_change"}

_zstd = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
_zstd.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong
_zstd.ZSTD_decompress.restype = ctypes.c_size_t
_zstd.ZSTD_getFrameContentSize.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
_zstd.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]


def decompress(frame: bytes) -> bytes:
    size = _zstd.ZSTD_getFrameContentSize(frame, len(frame))
    target = ctypes.create_string_buffer(max(size, 1))
    if _zstd.ZSTD_decompress(target, size, frame, len(frame)) != size:
        raise ValueError("no zstd frame")
    return target.raw[:size]


class Record(NamedTuple):
    position: int
    log_time: int
    kind: str
    source: str
    payload: bytes


class Output(NamedTuple):
    topic: str
    key: str
    value: bytes


class Cut(NamedTuple):
    body: str

    @property
    def fields(self) -> dict[str, str]:
        return dict(part.split("=", 1) for part in self.body.split(" "))


class Journal:
    def __init__(self, state: pathlib.Path) -> None:
        self._database = sqlite3.connect(f"file:{state / 'log.db'}?mode=ro", uri=True)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def records(self) -> list[Record]:
        rows = self._database.execute("select position, log_time, kind, source, payload from journal order by position")
        return [Record(p, t, KINDS[k], s, decompress(b)) for p, t, k, s, b in rows]

    def cuts(self) -> list[Cut]:
        return [Cut(b) for (b,) in self._database.execute("select body from cuts order by number")]

    def blocks(self) -> dict[int, list[Output]]:
        """By number of the cut; what was rejected is where it was among the others."""
        found = {number: outputs(decompress(block)) for number, block in
                 self._database.execute("select cut, block from outputs")}
        for number, block in self._database.execute("select cut, block from rejected"):
            for place, output in rejected(decompress(block)):
                found.setdefault(number, []).insert(place, output)
        return dict(sorted(found.items()))

    def outputs(self, topic: str) -> list[Output]:
        return [output for block in self.blocks().values() for output in block if output.topic == topic]

    def resume(self, source: str) -> tuple[int, int]:
        """Inode and offset; zeros: nothing was read."""
        row = self._database.execute("select resume from resumes where source = ?", [source]).fetchone()
        return (int(row[0].split(" ")[2]), int(row[0].split(" ")[3])) if row else (0, 0)


class _Block:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._content)

    def take(self, size: int) -> bytes:
        self._at += size
        return self._content[self._at - size:self._at]

    def number(self) -> int:
        return int.from_bytes(self.take(8), "little")

    def text(self) -> bytes:
        return self.take(self.number())


def outputs(content: bytes) -> list[Output]:
    block = _Block(content)
    found = []
    while block:
        topic = block.take(1)[0]
        found.append(Output(TOPICS[topic], block.text().decode(), block.text()))
    return found


def rejected(content: bytes) -> list[tuple[int, Output]]:
    """Each with its place among all outputs of its cut."""
    block = _Block(content)
    found = []
    while block:
        place = block.number()
        found.append((place, Output("rejected", block.text().decode(), block.text())))
    return found


def _digest(*texts: bytes) -> str:
    digest = hashlib.sha256()
    for text in texts:
        digest.update(struct.pack("<Q", len(text)) + text)
    return digest.hexdigest()


def broken_chain(journal: Journal) -> str | None:
    """What is wrong with the cuts: numbers, hashes, records that none took. For logs of which nothing was let go."""
    records = journal.records()
    blocks = journal.blocks()
    if [r.position for r in records] != list(range(1, len(records) + 1)):
        return "positions of records have gaps"
    if any(a.log_time > b.log_time for a, b in zip(records, records[1:])):
        return "log time goes back"
    previous, through, total = "", 0, 0
    for number, cut in enumerate(journal.cuts(), 1):
        fields = cut.fields
        block = blocks.pop(number, [])
        total += len(block)
        texts = [part for o in block for part in (bytes([_topic(o.topic)]), o.key.encode(), o.value)]
        if int(fields["number"]) != number:
            return f"cut {number} is missing"
        if fields["previous"] != previous:
            return f"cut {number} does not follow the cut before"
        if int(fields["through"]) < through or int(fields["outputs"]) != total or fields["hash"] != _digest(*texts):
            return f"cut {number} does not say what is there"
        previous, through = _digest(cut.body.encode()), int(fields["through"])
    if blocks:
        return f"outputs of no cut: {sorted(blocks)[:3]}"
    return None if through == len(records) else f"records after {through} were never taken, of {len(records)}"


def _topic(name: str) -> int:
    return next(number for number, known in TOPICS.items() if known == name)
