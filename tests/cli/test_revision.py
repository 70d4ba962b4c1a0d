"""Which commit a build is of: what the build writes, and where it is told."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import binary
from running import RunningCase

SCRIPT = binary.ROOT / "cmake" / "write_revision.cmake"


@unittest.skipUnless(shutil.which("git") and shutil.which("cmake"), "git or cmake is not installed")
class WriteRevision(unittest.TestCase):
    def setUp(self) -> None:
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="triaged-revision-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.sources = self.root / "sources"
        self.sources.mkdir()
        self.file = self.root / "revision.cpp"

    def git(self, *arguments: str) -> str:
        return subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
                              cwd=self.sources, check=True, capture_output=True, text=True).stdout.strip()

    def written(self, *definitions: str) -> str:
        done = subprocess.run(["cmake", f"-DROOT={self.sources}", f"-DFILE={self.file}", *definitions, "-P", SCRIPT],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return re.search('return "(.*)";', self.file.read_text())[1]

    def commit(self) -> str:
        self.git("init", "-q")
        (self.sources / "a").write_text("1")
        self.git("add", "a")
        self.git("commit", "-q", "-m", "a")
        return self.git("rev-parse", "HEAD")

    def test_without_git(self) -> None:
        self.assertEqual(self.written(), "")
        self.assertEqual(self.written("-DREVISION=1.2-3"), "1.2-3")

    def test_the_commit(self) -> None:
        head = self.commit()
        revision = self.written()
        self.assertGreaterEqual(len(revision), 12)
        self.assertTrue(head.startswith(revision))
        before = self.file.stat().st_mtime_ns
        self.written()
        self.assertEqual(self.file.stat().st_mtime_ns, before, "what is written anew is compiled anew")
        (self.sources / "a").write_text("2")
        self.assertEqual(self.written(), revision + "-dirty")
        self.git("tag", "v1")
        self.git("commit", "-q", "-a", "-m", "b")
        self.assertTrue(self.git("rev-parse", "HEAD").startswith(self.written()))

    def test_a_folder_in_another_repository(self) -> None:
        self.commit()
        self.sources = self.sources / "inner"
        self.sources.mkdir()
        self.assertEqual(self.written(), "")


class Told(RunningCase):
    def test_the_metric_says_what_the_command_line_says(self) -> None:
        version, _, revision = binary.run("--version").out.strip().removeprefix("triaged ").partition(" ")
        metrics = self.start().ask("GET", "/metrics").body
        self.assertIn(f'triaged_build_info{{revision="{revision.strip("()")}",version="{version}"}} 1\n', metrics)


if __name__ == "__main__":
    unittest.main()
