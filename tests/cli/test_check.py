import json

from binary import ROOT, Case, run


class Check(Case):
    def test_good_files(self) -> None:
        catalogue = self.write("catalogue.yaml", "services:\n  - name: web\n    depends_on: [db]\n  - name: db\n")
        result = run("check", self.rules, catalogue)
        self.assertEqual((result.code, result.err), (0, ""))
        lines = result.out.splitlines()
        self.assertEqual(len(lines), 2)
        self.assertIn(f"{self.rules}: rules, 1 rule", lines)
        self.assertRegex(result.out, rf"(?m)^{catalogue}: catalogue, 2 services")

    def test_every_fault_in_one_run(self) -> None:
        bad = self.write("bad.yaml", "correlate:\n  - name: x\n    by: topology\n    timespan: 0s\n    holdd: 3m\n"
                         "    matchers: ['a=~\"(\"']\n")
        worse = self.write("worse.yaml", "services:\n  - name: web\n    depends_on: [dbb]\n  - name: db\n")
        result = run("check", bad, worse)
        self.assertEqual(result.code, 78)
        for place in (f"{bad}:4:", f"{bad}:5:5: ", f"{bad}:6:", f"{worse}:3:"):
            self.assertIn(place, result.err)
        self.assertIn("^", result.err)
        self.assertNotIn("\x1b", result.err + result.out)

    def test_a_file_of_no_kind(self) -> None:
        odd = self.write("odd.yaml", "foo: 1\n")
        result = run("check", odd, self.rules)
        self.assertEqual((result.code, result.out), (78, f"{self.rules}: rules, 1 rule\n"))
        self.assertIn(f"{odd}:1:1: error: this is no configuration", result.err)

    def test_files_that_can_not_be_opened(self) -> None:
        for arguments in ([self.folder / "gone.yaml"], [self.folder], [self.folder / "gone-*.yaml"],
                          [self.rules, self.folder / "gone.yaml"]):
            self.assertEqual(run("check", *arguments).code, 2, arguments)

    def test_a_quoted_glob(self) -> None:
        result = run("check", self.folder / "*.yaml")
        self.assertEqual((result.code, result.out), (0, f"{self.rules}: rules, 1 rule\n"))

    def test_json(self) -> None:
        bad = self.write("bad.yaml", "correlate:\n  - name: \"x\"\n    by: topology\n    timespn: 3m\n")
        result = run("check", "-o", "json", bad, self.rules)
        self.assertEqual((result.code, result.err), (78, ""))
        report = json.loads(result.out)
        fault = next(d for d in report["diagnostics"] if d["level"] == "error")
        self.assertEqual((fault["file"], fault["line"], fault["column"]), (str(bad), 4, 5))
        self.assertIn("timespan", fault["message"])
        self.assertEqual(fault["sourceLine"].strip(), "timespn: 3m")
        self.assertIn(str(self.rules), [f["file"] for f in report["files"]])
        self.assertEqual(json.loads(run("check", "-o", "json", self.rules).out)["diagnostics"], [])

    def test_json_of_strange_bytes(self) -> None:
        for number, content in enumerate((b"\xff\xfe", b"a: \"\x1b[2J\"\n", b"\x00", b"- \xc3\n", b"a: {\n\tb: 1}\n")):
            file = self.write(f"strange-{number}.yaml", content)
            result = run("check", "-o", "json", file)
            self.assertEqual(result.code, 78, content)
            self.assertTrue(json.loads(result.out)["diagnostics"])
            self.assertNotIn("\x1b", run("check", file).err)

    def test_shipped_files_are_good(self) -> None:
        for folder in ("config/packs/default", "examples/estate", "examples/estate/rules"):
            for file in sorted((ROOT / folder).glob("*.yaml")):
                self.assertEqual(run("check", file).code, 0, file)

    def test_a_configuration_without_sources(self) -> None:
        for text, place in (("version: 1\n", "1:1"), ("version: 1\nsources: []\n", "2:10")):
            configuration = self.write("triaged.yaml", text)
            result = run("check", configuration)
            self.assertEqual(result.code, 0)
            self.assertIn(f"{configuration}:{place}: warning: there is no source", result.err)

    def test_the_least_configuration_of_the_documentation_is_good(self) -> None:
        text = (ROOT / "docs" / "CONFIGURATION.md").read_text().split("```yaml\n")[1].split("```")[0]
        result = run("check", self.write("triaged.yaml", text))
        self.assertEqual((result.code, result.err), (0, ""))
