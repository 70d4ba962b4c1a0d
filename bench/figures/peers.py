"""The yardstick's job in what people would use instead, on the JVM: jars by Maven, compiled once, a process a round."""
import dataclasses
import re
import shutil
import subprocess

from figures import support
from figures.support import OUT, ROOT, empty_folder, results, say
from figures.topics import NoJava, fetch_jars

SOURCES = ROOT / "bench" / "peers"
PASSES = 3  # the last one counts: the JVM compiles for most of the first two
HEAP = "-Xmx3g"


class Skipped(Exception):
    """It can't be run here."""


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    folder: str
    job: str
    release: str  # an artifact whose version names the jars
    options: tuple
    target: float

    def classes(self):
        """The class path."""
        if not shutil.which("javac"):
            raise Skipped("there is no javac on the PATH")
        pom = SOURCES / self.folder / "pom.xml"
        version = re.search(rf"<artifactId>{self.release}</artifactId><version>([^<]+)<", pom.read_text())[1]
        try:
            jars = fetch_jars(pom, f"bench-{self.folder}-{version}", "-DincludeScope=runtime")
        except NoJava as reason:
            raise Skipped(reason) from reason
        classes = OUT / "peers" / self.folder
        sources = [*(SOURCES / "common").glob("*.java"), *(SOURCES / self.folder).glob("*.java")]
        subprocess.run(["javac", "-nowarn", "-cp", f"{jars}/*", "-d", classes, *sources], check=True)
        return f"{classes}:{jars}/*"

    def run(self, topics, topic, alerts):
        """Of the last pass."""
        path = self.classes()
        out = topics.make(self.folder)
        with empty_folder(self.folder + "-state") as state:
            output, *_ = support.run("java", HEAP, f"-Djava.io.tmpdir={state}", *self.options, "-cp", path,
                                     f"bench.{self.job}", topics.address, topic, out, str(alerts), str(PASSES), state)
        passes = results(output)
        say(f"{self.name}: " + ", ".join(f"{row['rate']:,.0f} alerts/s" for row in passes))
        return passes[-1]


STREAMS = Peer("Kafka Streams", "kafka-streams", "StreamsJob", "kafka-streams", ("-XX:+UseG1GC",), 4)
FLINK = Peer("Flink", "flink", "FlinkJob", "flink-streaming-java",
             tuple(f"--add-opens=java.base/java.{package}=ALL-UNNAMED"
                   for package in ("lang", "util", "time", "util.concurrent")), 2)
