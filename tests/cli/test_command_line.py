import pathlib
import subprocess

import binary
from binary import Case, alert, ndjson, run


class CommandLine(Case):
    def test_version(self) -> None:
        for arguments in (["version"], ["--version"]):
            result = run(*arguments)
            self.assertEqual((result.code, result.err), (0, ""))
            self.assertRegex(result.out, r"^triaged \d+\.\d+\.\d+( \([-+._A-Za-z0-9]+\))?\n$")

    def test_help_is_data(self) -> None:
        result = run("--help")
        self.assertEqual((result.code, result.err), (0, ""))
        for command in ("demo", "replay", "check", "version"):
            self.assertRegex(result.out, rf"(?m)^  {command} ")
            own = run(command, "--help")
            self.assertEqual((own.code, own.err), (0, ""))
            self.assertIn(f"triaged {command}", own.out)

    def test_help_has_examples_and_every_line_fits(self) -> None:
        for arguments in (["--help"], ["replay", "--help"], ["check", "--help"], ["demo", "--help"]):
            text = run(*arguments).out
            self.assertLessEqual(max(map(len, text.splitlines())), 120, text)
            self.assertRegex(text, r"Examples:|Try first:")

    def test_no_arguments_is_usage(self) -> None:
        result = run()
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertIn("replay", result.err)

    def test_unknown_command(self) -> None:
        result = run("replya", "--alerts", "x")
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertIn('unknown command "replya"; did you mean "replay"?', result.err)

    def test_unknown_option(self) -> None:
        result = run("replay", "--alerts", "-", "--memberhsips", "x", stdin=b"")
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertIn('unknown option "--memberhsips"; did you mean "--memberships"?', result.err)

    def test_option_without_a_value(self) -> None:
        self.assertEqual(run("replay", "--alerts").code, 2)
        self.assertEqual(run("replay").code, 2)
        self.assertEqual(run("check", "-o", "yaml", self.rules).code, 2)
        self.assertEqual(run("demo", "--seed", "many").code, 2)


class Files(Case):
    def test_missing_files_are_usage(self) -> None:
        good = self.write("alerts.ndjson", b"")
        gone = self.folder / "gone"
        for arguments in (["--alerts", gone], ["--alerts", self.folder], ["--alerts", good, "--catalogue", gone],
                          ["--alerts", good, "--changes", gone], ["--alerts", good, "--incidents", gone / "x"]):
            result = run("replay", *arguments)
            self.assertEqual(result.code, 2, result)
            self.assertIn("gone" if gone in arguments or gone / "x" in arguments else str(self.folder), result.err)
            self.assertEqual(result.out, "")

    def test_an_input_is_never_overwritten(self) -> None:
        alerts = self.write("alerts.ndjson", ndjson(alert()))
        link = self.folder / "link"
        link.symlink_to(alerts)
        for output in ("--incidents", "--memberships", "--records"):
            for name in (alerts, link):
                result = run("replay", "--alerts", alerts, output, name)
                self.assertEqual(result.code, 2)
                self.assertIn("would overwrite", result.err)
        self.assertEqual(alerts.read_bytes(), ndjson(alert()))

    def test_two_outputs_in_one_file(self) -> None:
        alerts = self.write("alerts.ndjson", b"")
        self.assertEqual(run("replay", "--alerts", alerts, "--memberships", "-").code, 2)
        both = self.folder / "both"
        self.assertEqual(run("replay", "--alerts", alerts, "--memberships", both, "--records", both).code, 2)

    def test_a_full_disk_is_never_success(self) -> None:
        if not pathlib.Path("/dev/full").exists():
            self.skipTest("no /dev/full here")
        alerts = self.write("alerts.ndjson", ndjson(alert()))
        for arguments in (["--incidents", "/dev/full"], ["--memberships", "/dev/full"], ["--records", "/dev/full"]):
            result = run("replay", "--alerts", alerts, *arguments)
            self.assertEqual(result.code, 70)
            self.assertIn("/dev/full", result.err)
        for arguments in (["replay", "--alerts", alerts], ["version"], ["check", self.rules], ["demo"], ["--help"]):
            with open("/dev/full", "w", encoding="ascii") as full:
                done = subprocess.run([binary.PATH, *map(str, arguments)], stdout=full, stderr=subprocess.PIPE,
                                      timeout=60, check=False)
            self.assertEqual(done.returncode, 70, arguments)
            self.assertIn(b"standard output", done.stderr)

    def test_a_reader_that_goes_away_ends_it_quietly(self) -> None:
        alerts = self.write("alerts.ndjson", ndjson(*(alert(f"service-{n}") for n in range(5000))))
        for arguments in (["replay", "--alerts", alerts], ["demo"]):
            with subprocess.Popen([binary.PATH, *map(str, arguments)], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE) as process:
                process.stdout.close()
                err = process.stderr.read()
                self.assertEqual(process.wait(timeout=60), 0, err)
            self.assertNotIn(b"standard output", err)

    def test_files_are_whole_although_standard_output_went_away(self) -> None:
        alerts = self.write("alerts.ndjson", ndjson(*(alert(f"service-{n}") for n in range(5000))))
        members = self.folder / "members"
        with subprocess.Popen([binary.PATH, "replay", "--alerts", str(alerts), "--rules", str(self.rules),
                               "--memberships", str(members)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.close()
            process.stderr.read()
            self.assertEqual(process.wait(timeout=60), 0)
        self.assertEqual(members.read_bytes().count(b"\n"), 5000)

    def test_closed_standard_output_is_a_fault(self) -> None:
        alerts = self.write("alerts.ndjson", ndjson(alert()))
        done = subprocess.run(["sh", "-c", 'exec "$0" replay --alerts "$1" >&-', binary.PATH, str(alerts)],
                              capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 70)

    def test_standard_error_that_takes_nothing_changes_no_exit_code(self) -> None:
        alerts = self.write("alerts.ndjson", ndjson(alert(), b"{"))
        for arguments, code in ((["check", "missing.yaml"], 2), (["replay", "--alerts", "missing"], 2),
                                (["replay", "--alerts", str(alerts)], 0),
                                (["replay", "--strict", "--alerts", str(alerts)], 1)):
            told = subprocess.run([binary.PATH, *arguments], capture_output=True, timeout=60, check=False)
            self.assertEqual(told.returncode, code)
            untold = subprocess.run(["sh", "-c", 'exec "$0" "$@" 2>&-', binary.PATH, *arguments],
                                    stdout=subprocess.PIPE, timeout=60, check=False)
            self.assertEqual((untold.returncode, untold.stdout), (code, told.stdout))
