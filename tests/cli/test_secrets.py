"""Users, passwords and tokens: how they are made, and what is wrong with them."""
import base64
import http.client
import os
import pathlib
import pty
import select
import subprocess
import termios

import binary
from binary import run
from running import CONFIGURATION, Daemon, RunningCase

USERS = """http:
  listen: '127.0.0.1:0'
  users:
    - {name: anna, password_file: anna.password}
    - {name: bot, token_file: bot.token, role: write}
"""


class Secrets(RunningCase):
    def secret(self, name: str, text: str, mode: int = 0o600) -> pathlib.Path:
        path = self.write(name, text)
        os.chmod(path, mode)
        return path

    def hashed(self, password: str) -> str:
        result = run("hash-password", stdin=password.encode() + b"\n")
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertRegex(result.out, r"\Ascrypt\$\d+\$8\$\d+\$[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]{43}=\n\Z")
        return result.out

    def users(self) -> None:
        self.configuration.write_text(CONFIGURATION.replace("http: {listen: '127.0.0.1:0'}\n", USERS))
        self.secret("anna.password", self.hashed("a good one"))
        self.secret("bot.token", "0123456789abcdef0123456789abcdef\n")

    def test_who_is_made_by_the_recipe_gets_in(self) -> None:
        self.users()
        self.assertEqual(run("check", self.configuration).err, "")
        self.start()
        host, port = (self.state / "listen").read_text().strip().rsplit(":", 1)

        def status(authorization: str) -> int:
            connection = http.client.HTTPConnection(host, int(port), timeout=30)
            connection.request("GET", "/api/v1/status", headers={"Authorization": authorization})
            code = connection.getresponse().status
            connection.close()
            return code
        self.assertEqual(status("Basic " + base64.b64encode(b"anna:a good one").decode()), 200)
        self.assertEqual(status("Basic " + base64.b64encode(b"anna:a bad one").decode()), 401)
        self.assertEqual(status("Bearer 0123456789abcdef0123456789abcdef"), 200)
        plain = self.secret("plain", "a good one\n")
        url = f"http://{host}:{port}"
        self.assertEqual(run("status", "--url", url, "--user", "anna", "--password-file", plain).code, 0)

    def test_nothing_to_hash(self) -> None:
        for given in (b"", b"\n"):
            result = run("hash-password", stdin=given)
            self.assertEqual((result.code, result.out), (2, ""))
            self.assertIn("no password", result.err)

    def typed(self, *lines: bytes) -> tuple[int, bytes, bytes]:
        """Exit code, what the terminal showed, standard output."""
        ours, theirs = pty.openpty()
        output = self.folder / "typed.out"
        with open(output, "wb") as out:
            process = subprocess.Popen(["setsid", "--ctty", "--wait", binary.PATH, "hash-password"], stdin=theirs,
                                       stderr=theirs, stdout=out, env=binary.environment())
        os.close(theirs)
        shown, asked = b"", 0
        try:
            while select.select([ours], [], [], 30)[0]:
                piece = os.read(ours, 1000)
                if not piece:
                    break
                shown += piece
                while asked < len(lines) and shown.count(b": ") > asked:
                    Daemon.until(lambda: not termios.tcgetattr(ours)[3] & termios.ECHO, "nothing is shown")
                    os.write(ours, lines[asked] + b"\n")
                    asked += 1
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        return process.wait(30), shown, output.read_bytes()

    def test_asks_twice_and_shows_nothing(self) -> None:
        code, shown, out = self.typed(b"secret", b"secret")
        self.assertEqual(code, 0, shown)
        self.assertNotIn(b"secret", shown)
        self.assertTrue(out.startswith(b"scrypt$"))
        code, shown, out = self.typed(b"secret", b"another")
        self.assertEqual((code, out), (2, b""), shown)

    def expect_fault(self, place: str, words: str) -> None:
        """What `run` refuses, `check` and `doctor` find, in the same words and at the same place."""
        for arguments in (["check", self.configuration], ["run", "--config", self.configuration]):
            result = run(*arguments)
            self.assertEqual(result.code, 78, result.err)
            self.assertRegex(result.err, rf"(?m)^{self.configuration}:{place}: error: .*{words}")
        result = run("doctor", "--config", self.configuration)
        self.assertEqual(result.code, 78, result.out)
        self.assertRegex(result.out, rf"{self.configuration}:{place}: .*{words}")

    def test_faults_of_secrets_are_found_before_a_start(self) -> None:
        self.users()
        password, token = self.folder / "anna.password", self.folder / "bot.token"
        os.chmod(password, 0o644)
        self.expect_fault("6:35", "everybody can read or write it")
        self.secret("anna.password", "a good one\n")
        self.expect_fault("6:35", "is not of the form")
        password.unlink()
        self.expect_fault("6:35", "can't read .*anna.password: No such file")
        self.secret("anna.password", self.hashed("x"))
        self.secret("bot.token", "short\n")
        self.expect_fault("7:31", "fewer than 20 characters")
        self.secret("bot.token", "\n")
        self.expect_fault("7:31", "is empty")
        token.unlink()
        password.unlink()
        self.assertEqual(run("check", self.configuration).err.count("error: "), 2)

    def test_faults_of_certificates_are_found_before_a_start(self) -> None:
        self.configuration.write_text(CONFIGURATION.replace(
            "127.0.0.1:0'", "127.0.0.1:0', tls: {certificate: a.pem, key: a.key}"))
        self.expect_fault(r"3:\d+", "can't read .*a.key: No such file")
        self.secret("a.key", "no key")
        self.expect_fault(r"3:\d+", "can't use the certificate .*a.pem")
