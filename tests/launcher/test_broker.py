"""Which Kafka a machine gets."""

from pathlib import Path

import pytest

from deploy.local.broker import BrokerKind, Brokers
from deploy.local.kafka import Kafka, Tansu
from deploy.local.servers import free_port
from deploy.local.trouble import Trouble


@pytest.fixture
def without_java(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def brokers(tmp_path: Path, said: list[str]) -> Brokers:
    return Brokers(tmp_path, free_port(), free_port(), said.append)


@pytest.mark.usefixtures("without_java")
async def test_without_java_the_choice_falls_on_tansu_and_says_what_that_means(
    brokers: Brokers, said: list[str]
) -> None:
    assert isinstance(await brokers.choose("auto"), Tansu)
    assert said == [
        "Without Apache Kafka: there is no Java 17 or newer here.",
        "Kafka is Tansu: events are only in memory, a restart of the broker loses what is in "
        "flight.",
    ]


@pytest.mark.usefixtures("without_java")
async def test_apache_without_java_is_one_sentence(brokers: Brokers) -> None:
    kafka = await brokers.choose("apache")
    with pytest.raises(Trouble, match=r"^Apache Kafka needs Java 17 or newer .*\.$"):
        await kafka.start()


@pytest.mark.parametrize(("kind", "made"), [("apache", Kafka), ("tansu", Tansu)])
async def test_a_broker_can_be_chosen_by_name(
    brokers: Brokers, said: list[str], kind: BrokerKind, made: type
) -> None:
    assert isinstance(await brokers.choose(kind), made)
    assert len(said) == 1
