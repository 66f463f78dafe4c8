"""Apache Kafka's jars: fetched once with Maven, then kept in the user's cache."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from deploy.local import binaries
from deploy.local.process import Process
from deploy.local.trouble import Trouble

KAFKA = "4.1.0"
# The same version as the log4j-core that Kafka 4.1.0 brings along.
LOG4J = "2.24.3"
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
FETCH_SECONDS = 600.0

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>claimpath</groupId><artifactId>kafka</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{KAFKA}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.logging.log4j</groupId><artifactId>log4j-slf4j-impl</artifactId>
      <version>{LOG4J}</version>
    </dependency>
  </dependencies>
</project>
"""


def place() -> Path:
    """Where the jars of this Kafka version are kept, whether they are there or not."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "claimpath" / f"kafka-{KAFKA}"


def are_here() -> bool:
    """Whether the jars are there; the folder gets its name only when it is complete."""
    return place().is_dir()


async def fetch(say: Callable[[str], None]) -> None:
    """Bring the jars into the cache if they are not there; raises `Trouble` if that fails."""
    if are_here():
        return
    maven = binaries.maven()
    if maven is None:
        raise Trouble("Apache Kafka needs Maven (mvn) once, to fetch it: apt-get install maven.")
    say(f"Fetching Apache Kafka {KAFKA} with Maven, about 45 MB, only this once ...")
    place().parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="fetching-", dir=place().parent))
    try:
        await _copy_dependencies(maven, unfinished)
        _put_in_place(unfinished / "jars")
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


async def _copy_dependencies(maven: str, folder: Path) -> None:
    pom = folder / "pom.xml"
    pom.write_text(POM)
    run = Process(folder / "maven.log")
    run.spawn([maven, "-B", "-q", "-f", str(pom), PLUGIN, f"-DoutputDirectory={folder / 'jars'}"])
    try:
        await run.ended(FETCH_SECONDS)
    finally:
        await run.kill()
    if run.code != 0:
        raise Trouble(f"Maven could not fetch Apache Kafka {KAFKA}:\n{run.tail(4)}")


def _put_in_place(jars: Path) -> None:
    try:
        jars.rename(place())
    except OSError:
        # Another launcher was quicker; its set is as good as ours.
        if not are_here():
            raise
