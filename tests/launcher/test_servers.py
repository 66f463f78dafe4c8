"""The servers themselves: they come up, keep what they promise to keep, and say why if not."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient

from deploy.local import binaries
from deploy.local.servers import Kafka, Mongo, Server, Tansu, free_port
from deploy.local.trouble import Trouble

from .terminal import plant

Documents = AsyncMongoClient[dict[str, object]]


async def test_mongo_keeps_its_data_through_sigkill_and_on_another_port(tmp_path: Path) -> None:
    first = Mongo(tmp_path, free_port())
    await first.start()
    async with Documents(first.url, w="majority") as client:
        await client.test.claims.insert_one({"_id": "c1"})
    await first.kill()
    assert not await first.ready()
    second = Mongo(tmp_path, free_port())
    await second.start()
    async with Documents(second.url) as client:
        assert await client.test.claims.find_one() == {"_id": "c1"}
    await second.stop()
    assert second.process.code == 0


async def test_apache_kafka_keeps_its_events_through_sigkill(tmp_path: Path) -> None:
    kafka = Kafka(tmp_path, free_port())
    await kafka.start()
    await _create_topic(kafka.address)
    await _say(kafka.address, b"reported")
    await kafka.kill()
    await kafka.start()
    assert await _hear(kafka.address) == b"reported"
    await kafka.stop()
    assert not kafka.process.alive


async def test_tansu_comes_up_and_admits_that_it_forgets(tmp_path: Path) -> None:
    tansu = Tansu(tmp_path, free_port())
    await tansu.start()
    await _create_topic(tansu.address)
    assert "in memory" in tansu.durability
    await tansu.stop()
    assert not await tansu.ready()


class Planted(Server):
    """A server that is a script of ours."""

    def __init__(self, folder: Path, script: str) -> None:
        super().__init__("planted", folder, "nowhere", "http://127.0.0.1:9/")
        self._program = plant(folder / "bin", "server", script) / "server"

    def command(self) -> Sequence[str]:
        return [str(self._program)]


async def test_a_server_that_dies_at_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    server = Planted(tmp_path, "#!/bin/sh\necho no room on the disk\nexit 14\n")
    with pytest.raises(Trouble, match=r"ended with code 14 while starting(.|\n)*no room"):
        await server.start()


async def test_a_server_that_never_gets_ready_is_given_up_with_its_probe(tmp_path: Path) -> None:
    server = Planted(tmp_path, "#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(Trouble, match=r"not ready after 0 seconds, waited for http://127"):
        await server.start(seconds=0.3)
    await server.kill()
    assert server.ending() == "was ended by SIGKILL"


async def test_a_missing_library_is_answered_with_the_package_that_has_it(tmp_path: Path) -> None:
    loader = "server: error while loading shared libraries: libcurl.so.4: cannot open"
    server = Planted(tmp_path, f"#!/bin/sh\necho '{loader}'\nexit 127\n")
    with pytest.raises(Trouble, match=r"libcurl\.so\.4; install it: apt-get install libcurl4"):
        await server.start()


async def test_a_program_that_cannot_be_run_is_one_sentence(tmp_path: Path) -> None:
    server = Planted(tmp_path, "#!/no/such/interpreter\n")
    with pytest.raises(Trouble, match=r"cannot be run: .* No such file or directory"):
        await server.start()


async def _create_topic(address: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=address)
    await admin.start()
    try:
        await admin.create_topics([NewTopic("claims", 1, 1)])
    finally:
        await admin.close()


async def _say(address: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=address, acks="all") as producer:
        await producer.send_and_wait("claims", value)


async def _hear(address: str) -> bytes | None:
    consumer = AIOKafkaConsumer(bootstrap_servers=address, auto_offset_reset="earliest")
    consumer.assign([TopicPartition("claims", 0)])
    async with consumer:
        record = await consumer.getone()
    value: bytes | None = record.value
    return value


def test_mongod_runs_on_the_libcurl_of_a_wheel_where_the_system_has_none(tmp_path: Path) -> None:
    mongod, environment = binaries.mongod(), binaries.bundled_libcurl(tmp_path)
    loaded = subprocess.run(["ldd", mongod], env=environment, capture_output=True, text=True)
    assert f"libcurl.so.4 => {tmp_path}" in loaded.stdout
    answer = subprocess.run([mongod, "--version"], env=environment, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    assert "db version" in answer.stdout
