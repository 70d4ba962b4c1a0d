import os
import pty
import select
import subprocess
import fcntl
import struct
import termios

import binary
from binary import Case, Result, run

LAST_LINE = r"^\d+ alerts → \d+ incidents$"


def run_in_terminal(*arguments: str, columns: int = 80, rows: int = 24, **changes: str) -> Result:
    """Runs the binary with a terminal as its standard output and error."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen([binary.PATH, *arguments], stdin=slave, stdout=slave, stderr=slave,
                               env=binary.environment(**changes))
    os.close(slave)
    data = b""
    while select.select([master], [], [], 60)[0]:
        try:
            piece = os.read(master, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not piece:
            break
        data += piece
    code = process.wait(timeout=60)
    os.close(master)
    return Result(code, data.decode().replace("\r\n", "\n"), "")


class Demo(Case):
    def test_plain_lines_off_a_terminal(self) -> None:
        result = run("demo")
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertNotIn("\x1b", result.out)
        self.assertRegex(result.out.splitlines()[-1], LAST_LINE)
        self.assertIn("orders-db", result.out)
        self.assertIn("search-index", result.out)

    def test_many_alerts_few_incidents(self) -> None:
        words = run("demo").out.splitlines()[-1].split()
        self.assertGreater(int(words[0]), 500)
        self.assertTrue(2 <= int(words[3]) <= 12, words)

    def test_a_seed_is_a_demo(self) -> None:
        self.assertEqual(run("demo", "--seed", "5").out, run("demo", "--seed", "5").out)
        self.assertNotEqual(run("demo", "--seed", "5").out, run("demo", "--seed", "6").out)

    def test_live_table_on_a_terminal(self) -> None:
        result = run_in_terminal("demo", "--speed", "4000")
        self.assertEqual(result.code, 0)
        self.assertIn("\x1b[", result.out)
        self.assertIn("INC-0-1", result.out)
        self.assertRegex(result.out, r"\x1b\[\d+A", "drawn in place")
        self.assertRegex(result.out, r"\x1b\[[\d;]*m", "with colours")
        self.assertEqual(result.out.splitlines()[-1], run("demo").out.splitlines()[-1])

    def test_no_colour_where_it_is_not_wanted(self) -> None:
        result = run_in_terminal("demo", "--speed", "0", NO_COLOR="1")
        self.assertEqual(result.code, 0)
        self.assertNotRegex(result.out, r"\x1b\[[\d;]*m")
        self.assertRegex(result.out.splitlines()[-1], LAST_LINE)

    def test_a_dumb_terminal_gets_plain_lines(self) -> None:
        result = run_in_terminal("demo", TERM="dumb")
        self.assertNotIn("\x1b", result.out)
        self.assertRegex(result.out.splitlines()[-1], LAST_LINE)

    def test_narrow_and_low_windows(self) -> None:
        for columns, rows in ((30, 8), (12, 5), (200, 60), (0, 0)):
            result = run_in_terminal("demo", "--speed", "20000", columns=columns, rows=rows, NO_COLOR="1")
            self.assertEqual(result.code, 0)
            frames = result.out.split("\x1b[J")[:-1]
            width = columns or 80
            for frame in frames:
                lines = frame.replace("\x1b[K", "").split("\n")
                self.assertLess(len(lines), (rows or 24) + 1)
                for line in lines[:-1]:
                    shown = line[line.rfind("A") + 1:] if line.startswith("\r\x1b[") else line
                    self.assertLess(len(shown), width, shown)
            self.assertRegex(result.out.splitlines()[-1], LAST_LINE)


class ReplayOnATerminal(Case):
    def test_the_bar_is_removed_and_nothing_else_is_lost(self) -> None:
        alerts = self.write("alerts", binary.ndjson(*(binary.alert(f"s{n}") for n in range(3000)), b"torn"))
        result = run_in_terminal("replay", "--alerts", str(alerts), "--rules", str(self.rules), "--incidents",
                                 str(self.folder / "out"))
        self.assertEqual(result.code, 0)
        self.assertIn(" alerts/s", result.out)
        after_the_bar = result.out.rsplit("\r\x1b[K", 1)[1]
        self.assertNotIn("alerts/s", after_the_bar)
        self.assertTrue(after_the_bar.endswith("3000 alerts, 1 rejected\n"))
        self.assertIn("alerts:3001: ", result.out)

    def test_no_bar_off_a_terminal(self) -> None:
        self.assertNotIn("\x1b", self.replay(binary.ndjson(binary.alert())).err)
