"""The event broker: Apache Kafka on Java, or Tansu where there is no Java."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local import binaries, jars
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.process import Process
from deploy.local.server import Server
from deploy.local.trouble import Trouble

HERE = Path(__file__).parent
CLUSTER = "Y2xhaW1wYXRoLWxvY2FsMA"
# One node is both broker and controller; nobody but us creates topics; 2 MiB is the largest
# message. After a SIGKILL a broker is let in again when its session has run out: 3 s, not 9.
SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller_port}
listeners=BROKER://{host}:{port},CONTROLLER://{host}:{controller_port}
advertised.listeners=BROKER://{host}:{port}
inter.broker.listener.name=BROKER
controller.listener.names=CONTROLLER
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={files}
auto.create.topics.enable=false
message.max.bytes=2097152
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=750
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""
# The tool lives for two seconds: the optimising compiler would only cost.
FORMAT_FLAGS = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
BROKER_FLAGS = ["-Xms256m", "-Xmx512m"]


def nothing(sentence: str) -> None:
    """Says nothing; for callers who do not want to hear about progress."""


class Kafka(Server):
    """Apache Kafka, one node as broker and controller, its files in `data/kafka`.

    Fetches Kafka itself on the first start, telling `say`. Events survive a restart.
    """

    grace = 30.0
    kind = "apache"
    durability = "events are kept on disk and survive a restart of the broker"

    def __init__(
        self,
        data: Path,
        port: int,
        controller_port: int | None = None,
        say: Callable[[str], None] = nothing,
    ) -> None:
        super().__init__("kafka", data, f"{LOOPBACK}:{port}", f"kafka://{LOOPBACK}:{port}")
        self.port = port
        self.controller_port = controller_port or free_port()
        self._say = say

    def command(self) -> Sequence[str]:
        return [*self._java(BROKER_FLAGS), "kafka.Kafka", str(self._settings_file)]

    async def prepare(self) -> None:
        self._java([])
        await jars.fetch(self._say)
        self.data.mkdir(parents=True, exist_ok=True)
        if not self._files.exists():
            await self._format()
        self._settings_file.write_text(self._settings(self._files))

    async def _format(self) -> None:
        """Format a new folder and rename it, so that half a format is never taken for one."""
        fresh = self.data / "kafka.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self._settings_file.write_text(self._settings(fresh))
        tool = Process(self.process.log)
        arguments = ["format", "-t", CLUSTER, "-c", str(self._settings_file)]
        tool.spawn([*self._java(FORMAT_FLAGS), "kafka.tools.StorageTool", *arguments])
        try:
            await tool.ended(60.0)
        finally:
            await tool.kill()
        if tool.code != 0:
            raise Trouble(f"Kafka could not format {self._files}:\n{tool.tail(4)}")
        fresh.rename(self._files)

    @property
    def _files(self) -> Path:
        return self.data / "kafka"

    @property
    def _settings_file(self) -> Path:
        return self.data / "kafka.properties"

    def _java(self, flags: Sequence[str]) -> list[str]:
        java = binaries.java()
        if java is None:
            raise Trouble(
                "Apache Kafka needs Java 17 or newer (apt-get install openjdk-17-jre-headless); "
                "without it choose --kafka tansu, or point CLAIMPATH_KAFKA at your own server."
            )
        logging = f"-Dlog4j2.configurationFile={HERE / 'kafka-log4j2.yaml'}"
        return [java, *flags, logging, "-cp", f"{jars.place()}/*"]

    def _settings(self, files: Path) -> str:
        return SETTINGS.format(
            host=LOOPBACK, port=self.port, controller_port=self.controller_port, files=files
        )


class Tansu(Server):
    """A Kafka-compatible broker in memory: when it ends, what is in flight is lost."""

    kind = "tansu"
    durability = "events are only in memory, a restart of the broker loses what is in flight"

    def __init__(self, data: Path, port: int) -> None:
        super().__init__("kafka", data, f"{LOOPBACK}:{port}", f"kafka://{LOOPBACK}:{port}")
        self.port = port

    def command(self) -> Sequence[str]:
        listen = f"tcp://{self.address}"
        addresses = ["--listener-url", listen, "--advertised-listener-url", listen]
        return [binaries.tansu(), "broker", *addresses, "--storage-engine", "memory://tansu/"]
