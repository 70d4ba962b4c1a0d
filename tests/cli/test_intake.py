import json

from binary import Case, alert, ndjson, run


def with_labels(**labels: object) -> dict[str, object]:
    return {"labels": {"alertname": "Down", "service": "web", **labels}, "startsAt": "2026-03-02T10:00:00Z"}


def nested(depth: int) -> bytes:
    return b'{"labels": {"service": "web"}, "x": ' + b"[" * depth + b"]" * depth + b"}"


BAD = {
    "malformed JSON": b'{"labels": {"a": "b"}',
    "not JSON at all": b"hello",
    "a number": b"17",
    "trailing text": ndjson(alert()).strip() + b" x",
    "no labels": {"startsAt": "2026-03-02T10:00:00Z"},
    "labels that are no object": {"labels": ["a"]},
    "a label that is no string": with_labels(count=5),
    "a label that is null": with_labels(count=None),
    "65 labels": with_labels(**{f"l{n}": "x" for n in range(63)}),
    "a long label name": with_labels(**{"n" * 1025: "x"}),
    "a long label value": with_labels(text="v" * 1025),
    "over 256 KiB": {**alert(), "annotations": {"text": "x" * (256 * 1024)}},
    "invalid UTF-8": b'{"labels": {"service": "we\xffb"}}',
    "a NUL": b'{"labels": {"service": "we\\u0000b"}}',
    "a raw NUL": b'{"labels": {"service": "we\x00b"}}',
    "too deep": nested(33),
    "a duplicate key": b'{"labels": {"service": "a", "service": "b"}}',
    "a duplicate key further out": b'{"labels": {"service": "a"}, "labels": {"service": "b"}}',
    "too early": alert(start="1999-12-31T23:59:59Z"),
    "too late": alert(start="2100-01-01T00:00:00Z"),
    "receivedAt too late": alert(receivedAt="2150-01-01T00:00:00Z"),
    "a time that is none": alert(start="yesterday"),
    "endsAt before startsAt": alert(endsAt="2026-03-02T09:59:59Z"),
}

FINE = {
    "64 labels": with_labels(**{f"l{n}": "x" for n in range(62)}),
    "long labels": with_labels(**{"n" * 1024: "v" * 1024}),
    "depth": nested(31),
    "unknown fields": {**alert(), "generatorURL": "http://x", "status": {"state": "active"}, "x": [1, None, True]},
    "year 1 is unset": alert(endsAt="0001-01-01T00:00:00Z"),
    "no times": {"labels": {"service": "web"}},
    "an offset": alert(start="2026-03-02T12:00:00+02:00"),
    "at the very beginning": alert(start="2000-01-01T00:00:00Z"),
}


class Intake(Case):
    def test_each_bad_alert_is_one_rejection_and_the_rest_goes_on(self) -> None:
        for name, bad in BAD.items():
            with self.subTest(name):
                result = self.replay(ndjson(alert("before"), bad, alert("after")))
                self.assertEqual(result.code, 0)
                self.assertEqual(len(result.rejections), 1, result.err)
                self.assertRegex(result.rejections[0], rf"^{self.folder}/alerts:2: \S.*$")
                self.assertEqual(result.last_line, "2 alerts, 1 rejected")
                self.assertEqual({d["services"][0] for d in result.documents}, {"before", "after"})

    def test_each_is_rejected_alone_in_an_array(self) -> None:
        for name, bad in BAD.items():
            if isinstance(bad, bytes):  # not a value that could stand in a good array
                continue
            with self.subTest(name):
                result = self.replay(json.dumps([alert("before"), bad, alert("after")]).encode())
                self.assertEqual(len(result.rejections), 1, result.err)
                self.assertEqual(result.last_line, "2 alerts, 1 rejected")

    def test_what_is_unusual_but_good(self) -> None:
        for name, good in FINE.items():
            with self.subTest(name):
                result = self.replay(ndjson(good))
                self.assertEqual((result.code, result.err.splitlines()[-1:]), (0, ["1 alerts, 0 rejected"]))
                self.assertEqual(result.rejections, [])

    def test_all_bad_ones_in_one_file(self) -> None:
        result = self.replay(ndjson(*BAD.values()))
        self.assertEqual(result.last_line, f"0 alerts, {len(BAD)} rejected")
        lines = [int(line.split(":")[1]) for line in result.rejections]
        self.assertEqual(lines, list(range(1, len(BAD) + 1)))

    def test_reasons_do_not_steer_the_terminal(self) -> None:
        result = self.replay(ndjson(b'{"labels": {"a\x1b[2J": 5}}', {"labels": {"a\u001b[2J": 5}}))
        self.assertEqual(result.last_line, "0 alerts, 2 rejected")
        self.assertNotIn("\x1b", result.err)

    def test_strict(self) -> None:
        bad = self.replay(ndjson(alert(), b"torn"), "--strict")
        self.assertEqual(bad.code, 1)
        self.assertEqual(len(bad.documents), 1)
        self.assertEqual(bad.last_line, "1 alerts, 1 rejected")
        self.assertEqual(self.replay(ndjson(alert()), "--strict").code, 0)


class Formats(Case):
    ALERTS = [alert("a"), alert("b"), alert("c")]

    def expect(self, content: bytes, alerts: int = 3, rejected: int = 0) -> None:
        result = self.replay(content)
        self.assertEqual(result.code, 0)
        self.assertEqual(result.last_line, f"{alerts} alerts, {rejected} rejected")
        self.assertEqual(len(result.rejections), rejected)
        self.assertEqual(len(result.documents), alerts)

    def test_lines(self) -> None:
        self.expect(ndjson(*self.ALERTS))

    def test_no_final_newline(self) -> None:
        self.expect(ndjson(*self.ALERTS).rstrip())

    def test_torn_last_line(self) -> None:
        self.expect(ndjson(*self.ALERTS)[:-20], 2, 1)

    def test_blank_lines(self) -> None:
        self.expect(b"\n\n" + ndjson(*self.ALERTS).replace(b"\n", b"\n  \n") + b"\n\n")

    def test_crlf(self) -> None:
        self.expect(ndjson(*self.ALERTS).replace(b"\n", b"\r\n"))

    def test_byte_order_mark(self) -> None:
        self.expect(b"\xef\xbb\xbf" + ndjson(*self.ALERTS))
        self.expect(b"\xef\xbb\xbf" + json.dumps(self.ALERTS).encode())

    def test_nothing(self) -> None:
        for content in (b"", b"\n", b"\xef\xbb\xbf", b"\r\n\r\n", b"[]", b'{"alerts": []}'):
            self.expect(content, 0)

    def test_array(self) -> None:
        self.expect(json.dumps(self.ALERTS).encode())

    def test_array_over_lines(self) -> None:
        self.expect(json.dumps(self.ALERTS, indent=2).encode())

    def test_one_alert_over_lines(self) -> None:
        self.expect(json.dumps(self.ALERTS[0], indent=4).encode(), 1)

    def test_arrays_one_a_line(self) -> None:
        self.expect(ndjson(self.ALERTS, [alert("d")]), 4)

    def test_webhook(self) -> None:
        body = {"version": "4", "status": "firing", "receiver": "triaged", "groupLabels": {}, "commonLabels": {},
                "alerts": [{**a, "status": "firing", "endsAt": "0001-01-01T00:00:00Z"} for a in self.ALERTS]}
        self.expect(ndjson(body))
        self.expect(json.dumps(body, indent=2).encode())

    def test_torn_array(self) -> None:
        result = self.replay(json.dumps(self.ALERTS, indent=2).encode()[:-40])
        self.assertEqual(result.code, 0)
        self.assertEqual(result.last_line, "0 alerts, 1 rejected")

    def test_a_long_file_in_pieces(self) -> None:
        many = [alert(f"s{n % 50}", labels={"instance": str(n)}) for n in range(20000)]
        result = self.replay(ndjson(*many[:15000], b"torn", *many[15000:]), "--final")
        self.assertEqual(result.last_line, "20000 alerts, 1 rejected")
        self.assertIn(":15001: ", result.err)
        self.assertEqual(len(result.documents), 50)
        self.assertEqual(sum(d["alertCount"] for d in result.documents), 20000)

    def test_standard_input(self) -> None:
        result = run("replay", "--alerts", "-", "--rules", self.rules, stdin=ndjson(alert(), b"torn"))
        self.assertEqual(result.code, 0)
        self.assertRegex(result.err, r"(?m)^-:2: ")
        self.assertEqual(result.last_line, "1 alerts, 1 rejected")
