"""The unit file, as systemd's own tools see it."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import binary

UNIT = binary.ROOT / "systemd" / "triaged.service"


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed (package systemd)")
class UnitFile(unittest.TestCase):
    def analyze(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            unit = pathlib.Path(folder) / UNIT.name
            text = UNIT.read_text()
            self.assertIn("ExecStart=/usr/bin/triaged ", text)
            unit.write_text(text.replace("/usr/bin/triaged", binary.PATH))
            return subprocess.run(["systemd-analyze", *arguments, str(unit)], capture_output=True, text=True,
                                  timeout=60)

    def test_has_no_faults(self) -> None:
        done = self.analyze("verify")
        self.assertEqual((done.stdout + done.stderr, done.returncode), ("", 0))

    def test_exposes_little(self) -> None:
        # In tenths: 1.5.
        done = self.analyze("security", "--offline=yes", "--no-pager", "--threshold=15")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
