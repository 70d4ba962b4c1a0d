"""Published files: what is said of one that somebody altered, how it is mended, and how files are rotated."""
import json
from typing import Any

from binary import alert, run
from running import Daemon, RunningCase


class Publish(RunningCase):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.folder / "incidents.out"
        self.daemon = self.start()
        self.incidents = 0
        self.open_incident()

    def open_incident(self) -> None:
        self.incidents += 1
        self.assertEqual(self.daemon.post(alert(f"s{self.incidents}")).status, 200)
        self.daemon.wait_for_incidents(self.incidents)

    def publisher(self) -> dict[str, Any]:
        found = [p for p in self.daemon.ask("GET", "/api/v1/status").body["publishers"] if p["file"] == str(self.file)]
        self.assertEqual(len(found), 1)
        return dict(found[0])

    def wait_until_out(self, *incidents: str) -> None:
        """The file has these, and nothing else is to come."""
        def published() -> list[str]:
            return [json.loads(line)["id"] for line in self.file.read_text().splitlines()] if self.file.exists() else []
        Daemon.until(lambda: published() == list(incidents), f"{incidents} are out")
        Daemon.until(lambda: self.publisher()["lagBatches"] == 0, "all is out")
        self.assertNotIn("fault", self.publisher())

    def test_says_that_a_file_was_altered_and_goes_on_in_a_new_one(self) -> None:
        self.wait_until_out("INC-0-1")
        with open(self.file, "a", encoding="utf-8") as file:
            file.write("mine\n")
        self.open_incident()
        Daemon.until(lambda: "fault" in self.publisher(), "it has a fault")
        publisher = self.publisher()
        self.assertGreater(publisher["lagBatches"], 0)
        self.assertRegex(publisher["fault"], f"^{self.file} was altered by someone else: .*move it to another folder")
        result = run("doctor", "-o", "json", "--config", self.configuration)
        self.assertEqual(result.code, 1)
        found = [f for f in json.loads(result.out)["findings"] if f["check"] == f"publish {self.file}"]
        self.assertIn("fault", [f["result"] for f in found])
        (self.folder / "old").mkdir()
        self.file.rename(self.folder / "old" / "incidents.out")
        self.wait_until_out("INC-0-2")

    def test_names_a_renamed_file_that_was_altered(self) -> None:
        self.wait_until_out("INC-0-1")
        renamed = self.folder / "incidents.out.1"
        self.file.rename(renamed)
        with open(renamed, "a", encoding="utf-8") as file:
            file.write("mine\n")
        self.open_incident()
        Daemon.until(lambda: "fault" in self.publisher(), "it has a fault")
        self.assertRegex(self.publisher()["fault"], f"^{renamed} was altered")

    def test_a_file_is_rotated_by_its_name(self) -> None:
        self.wait_until_out("INC-0-1")
        self.file.rename(self.folder / "incidents.out.1")
        self.open_incident()
        self.wait_until_out("INC-0-2")
