"""What makes a broker ask its clients who they are: certificates, users, and who may do what."""
import pathlib
import subprocess

# A broker's listeners, each with what it demands.
LISTENERS = {"SASL": "SASL_PLAINTEXT", "TLS": "SSL", "BOTH": "SASL_SSL"}
SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")
PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM_LOGIN = "org.apache.kafka.common.security.scram.ScramLoginModule"


def openssl(*arguments: str | pathlib.Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Guards:
    """Users with passwords. Those in `trusted`, and whoever comes by the plain listener, may do everything; the others
    nothing. A client by TLS needs a certificate; `trusted` has one."""

    def __init__(self, folder: pathlib.Path, users: dict[str, str], trusted: str) -> None:
        self.folder = folder
        self.users = users
        self.trusted = trusted
        folder.mkdir(parents=True, exist_ok=True)
        self.authority = self.make_authority("authority")
        self.server = self.make_certificate("server", "127.0.0.1", self.authority)
        self.client = self.make_certificate("client", trusted, self.authority)

    def make_authority(self, name: str) -> pathlib.Path:
        """The certificate; its key is beside it."""
        certificate = self.folder / f"{name}.pem"
        openssl("req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", certificate.with_suffix(".key"), "-out", certificate)
        return certificate

    def make_certificate(self, name: str, subject: str, authority: pathlib.Path) -> pathlib.Path:
        certificate, request = self.folder / f"{name}.pem", self.folder / f"{name}.request"
        openssl("req", "-newkey", "rsa:2048", "-noenc", "-subj", f"/CN={subject}",
                "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate.with_suffix(".key"), "-out", request)
        openssl("x509", "-req", "-in", request, "-days", "2", "-CA", authority, "-CAkey", authority.with_suffix(".key"),
                "-CAcreateserial", "-copy_extensions", "copyall", "-out", certificate)
        return certificate

    def properties(self) -> dict[str, str]:
        """The broker's."""
        both = self.folder / "server-both.pem"
        both.write_bytes(self.server.with_suffix(".key").read_bytes() + self.server.read_bytes())
        mine: dict[str, str] = {
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": f"User:ANONYMOUS;User:{self.trusted};User:CN={self.trusted}",
        }
        plain = " ".join(f'user_{name}="{password}"' for name, password in self.users.items())
        for name, protocol in LISTENERS.items():
            prefix = f"listener.name.{name.lower()}."
            if "SASL" in protocol:
                mine[prefix + "sasl.enabled.mechanisms"] = ",".join(["PLAIN", *SCRAM])
                mine[prefix + "plain.sasl.jaas.config"] = f"{PLAIN_LOGIN} required {plain};"
                for mechanism in SCRAM:
                    mine[prefix + f"{mechanism.lower()}.sasl.jaas.config"] = f"{SCRAM_LOGIN} required;"
            if "SSL" in protocol:
                mine[prefix + "ssl.keystore.type"] = "PEM"
                mine[prefix + "ssl.keystore.location"] = str(both)
                mine[prefix + "ssl.truststore.type"] = "PEM"
                mine[prefix + "ssl.truststore.location"] = str(self.authority)
            if protocol == "SSL":
                mine[prefix + "ssl.client.auth"] = "required"
        return mine

    def formatting(self) -> list[str]:
        """Options of the tool that makes a broker's folder."""
        return [f"--add-scram={mechanism}=[name={name},password={password}]"
                for name, password in self.users.items() for mechanism in SCRAM]
