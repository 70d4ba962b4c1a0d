import json
import subprocess
import sys

from binary import ROOT, Case, run

ESTATE = ROOT / "examples" / "estate"


class Estate(Case):
    def replay_estate(self, *arguments: object) -> list[dict[str, object]]:
        result = run("replay", "--alerts", ESTATE / "alerts.ndjson", "--rules", ESTATE / "rules" / "*.yaml",
                     "--catalogue", ESTATE / "catalogue.yaml", "--changes", ESTATE / "changes.ndjson", *arguments)
        self.assertEqual(result.code, 0, result.err)
        self.assertRegex(result.last_line, r"^\d+ alerts, 0 rejected$")
        return result.documents

    def test_the_readme_tells_what_happens(self) -> None:
        incidents = self.replay_estate("--final")
        readme = (ESTATE / "README.md").read_text()
        for incident in incidents:
            root = incident.get("root", {}).get("service", "")
            row = f"| `{incident['id']}` | {incident['priority']} | `{root}` | `{incident['rule']}` |"
            self.assertIn(row, readme)
        self.assertEqual(readme.count("| `INC-0-"), len(incidents))

    def test_causes(self) -> None:
        roots = [i["root"]["service"] for i in self.replay_estate("--final") if i["rule"] == "dependency-outage"]
        self.assertEqual(sorted(roots), ["orders-db", "search-index"])

    def test_documents_fit_their_schemas(self) -> None:
        checker = ROOT / "tests" / "schema" / "check.py"
        try:
            import jsonschema  # pylint: disable=unused-import,import-outside-toplevel
        except ImportError:
            print("\nSKIPPED: python3-jsonschema is not installed, so no document was checked against its schema",
                  file=sys.stderr)
            self.skipTest("python3-jsonschema is not installed")
        files = {kind: self.folder / kind for kind in ("incidents", "memberships", "records")}
        self.replay_estate("--drain", *(word for kind, file in files.items() for word in (f"--{kind}", file)))
        schemas = {"incidents": "incident", "memberships": "membership", "records": "alert"}
        for kind, file in files.items():
            self.assertTrue(file.read_text())
            self.assertTrue(all(isinstance(json.loads(line), dict) for line in file.read_text().splitlines()))
            schema = ROOT / "docs" / "schemas" / f"{schemas[kind]}.json"
            done = subprocess.run([sys.executable, str(checker), str(schema), str(file)], capture_output=True,
                                  text=True, timeout=300, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
