"""MongoDB and Kafka in containers, for tests on a machine whose Docker engine answers.

They are the same images with the same settings as in `compose.yaml`, on loopback ports.
"""

import asyncio
import os
import time
from pathlib import Path
from typing import Any, cast

import yaml
from docker import DockerClient  # type: ignore[import-untyped]
from docker.errors import DockerException  # type: ignore[import-untyped]
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError
from testcontainers.core.container import DockerContainer

from deploy.local.health import healthy
from deploy.local.ports import LOOPBACK, free_port
from deploy.local.trouble import Trouble

COMPOSE = Path(__file__).parents[2] / "compose.yaml"
ALREADY_INITIALIZED = 23
ENGINE_SECONDS = 2


def docker_answers() -> bool:
    """Whether a Docker engine of this machine answers; quick, and never raises."""
    if not os.environ.get("DOCKER_HOST", "unix://").startswith(("unix://", "npipe://")):
        # The ports of an engine elsewhere are not on our loopback.
        return False
    try:
        client = DockerClient.from_env(timeout=ENGINE_SECONDS)
    except (DockerException, OSError):
        return False
    try:
        return bool(client.ping())
    except (DockerException, OSError):
        return False
    finally:
        client.close()


def image(part: str) -> str:
    """The image that `compose.yaml` runs for this part."""
    return str(_part(part)["image"])


class Container:
    """One server in a container of its own; `probe` is the URL that tells whether it is well."""

    def __init__(self, name: str, port: int, probe: str) -> None:
        self.name = name
        self.port = port
        self.address = f"{LOOPBACK}:{port}"
        self._probe = probe
        self._container: DockerContainer | None = None

    def describe(self, container: DockerContainer) -> None:
        """Says what else the container needs before it starts."""
        raise NotImplementedError

    async def ready(self) -> bool:
        """Whether it can do its work now."""
        return await healthy(self._probe)

    async def start(self, seconds: float = 60.0) -> None:
        """Start it and wait until it is ready; fetching the image has all the time it needs.

        Raises `Trouble` if it cannot be started or is not ready in time; then nothing is left.
        """
        try:
            await asyncio.to_thread(self._run)
            await self._wait_ready(seconds)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Remove the container and what it stored."""
        if self._container is not None:
            container, self._container = self._container, None
            await asyncio.to_thread(container.stop)

    def _run(self) -> None:
        try:
            self._container = DockerContainer(image(self.name))
            # The same port on both sides: a server hands its own address on to its clients.
            # testcontainers has no word for an address and would publish to the whole world.
            cast("dict[str, Any]", self._container.ports)[str(self.port)] = (LOOPBACK, self.port)
            self.describe(self._container)
            self._container.start()
        except (DockerException, OSError) as error:
            raise Trouble(f"{image(self.name)} cannot be started: {error}") from error

    async def _wait_ready(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not await self.ready():
            if time.monotonic() > deadline:
                raise Trouble(
                    f"{self.name} is not ready after {seconds:.0f} seconds.\n{self._log()[-2000:]}"
                )
            await asyncio.sleep(0.2)

    def _log(self) -> str:
        logs = self._container.get_logs() if self._container else ()
        return "\n".join(log.decode(errors="replace") for log in logs)


class ContainerMongo(Container):
    """MongoDB as a replica set of one node; `url` is what a service connects to."""

    def __init__(self, port: int | None = None) -> None:
        port = port or free_port()
        self.url = f"mongodb://{LOOPBACK}:{port}/?replicaSet=rs0"
        super().__init__("mongo", port, self.url)

    def describe(self, container: DockerContainer) -> None:
        container.with_command([*_part("mongo")["command"], "--port", str(self.port)])

    async def ready(self) -> bool:
        """Whether it takes writes; the first questions also form the replica set."""
        return await self._formed() and await super().ready()

    async def _formed(self) -> bool:
        members = [{"_id": 0, "host": self.address}]
        client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            LOOPBACK, self.port, directConnection=True, serverSelectionTimeoutMS=500
        )
        try:
            async with client:
                await client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        except OperationFailure as refusal:
            return refusal.code == ALREADY_INITIALIZED
        except PyMongoError:
            return False
        return True


class ContainerKafka(Container):
    """Apache Kafka, one node as broker and controller; `address` is what a service connects to."""

    def __init__(self, port: int | None = None) -> None:
        port = port or free_port()
        super().__init__("kafka", port, f"kafka://{LOOPBACK}:{port}")

    def describe(self, container: DockerContainer) -> None:
        settings = {**_part("kafka")["environment"]}
        # Compose mounts that file; here the image's own logging will do.
        del settings["KAFKA_LOG4J_OPTS"]
        listeners = {
            "KAFKA_LISTENERS": f"BROKER://:{self.port},CONTROLLER://localhost:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"BROKER://{self.address}",
        }
        container.with_envs(**{**settings, **listeners})

    async def ready(self) -> bool:
        """Whether it can do its work now."""
        # Docker takes connections before Kafka does, and our client logs each one that is lost.
        return (
            "Kafka Server started" in await asyncio.to_thread(self._log) and await super().ready()
        )


def _part(name: str) -> dict[str, Any]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return services[name]
