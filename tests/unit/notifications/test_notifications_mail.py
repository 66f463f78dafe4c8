"""The e-mail channel and the courier, against the real mail sandbox."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from aiosmtplib import SMTPResponseException

from services.notifications import channels, samples
from services.notifications.channels import EmailChannel, Mail
from services.notifications.courier import Courier
from services.notifications.rules import LEASE
from services.notifications.smtp import Connections, Server
from services.notifications.state import (
    Accepted,
    Answer,
    Answered,
    Away,
    Deferred,
    NoAddress,
    Refused,
    SendCall,
)
from services.notifications.templates import Texts
from shared.contracts.base import Language, Service
from shared.sealing import Opener, Seal, ensure_keys

ROOT = Path(__file__).parents[3]
COMPANY = {Language.CHINESE: "示例保险公司", Language.ENGLISH: "Example Insurance"}
TEXTS = Texts(COMPANY, ZoneInfo("Asia/Shanghai"), "https://claims.example")
LETTER = samples.SAMPLES["paid"][0]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Sandbox:
    """The mail sandbox as a program of its own; `http` speaks to its view."""

    def __init__(self, http_port: int, smtp_port: int) -> None:
        self.smtp_port = smtp_port
        url = f"http://127.0.0.1:{http_port}/sandbox/mail"
        self.http = httpx.Client(base_url=url, trust_env=False)
        ports = {"CLAIMPATH_PORT": str(http_port), "CLAIMPATH_SMTP_PORT": str(smtp_port)}
        command = [sys.executable, "-m", "sandboxes.mail"]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **ports})

    def healthy(self) -> bool:
        try:
            return self.http.get("/health").is_success
        except httpx.TransportError:
            return False

    def put(self, **settings: float) -> None:
        self.http.put("/settings", json=settings).raise_for_status()

    def totals(self) -> dict[str, int]:
        return {name: n for name, n in self.http.get("/totals").json().items() if n}

    def messages(self) -> list[Any]:
        found: list[Any] = self.http.get("/messages").json()["messages"]
        return found


@pytest.fixture(scope="module")
async def program() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(free_port(), free_port())
    try:
        await until(sandbox.healthy, "the mail sandbox answers")
        yield sandbox
    finally:
        sandbox.process.kill()
        sandbox.process.wait()
        sandbox.http.close()


async def until(holds: Callable[[], bool], sentence: str, seconds: float = 60) -> None:
    """Returns once it holds; fails with the sentence if it takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {sentence}"
        await asyncio.sleep(0.02)


@pytest.fixture
def mail(program: Sandbox) -> Sandbox:
    program.put()
    program.http.delete("/messages").raise_for_status()
    return program


@pytest.fixture
def connections(mail: Sandbox) -> Iterator[Connections]:
    made = Connections(Server("127.0.0.1", mail.smtp_port), 2)
    yield made
    made.close()


@pytest.fixture
def channel(connections: Connections) -> EmailChannel:
    return EmailChannel(connections, "claims@insurer.example", COMPANY)


def letter_to(
    email: str | None, id_: str = "letter-1", name: str | None = "王芳", zh: bool = True
) -> Mail:
    file = samples.file(Language.CHINESE if zh else Language.ENGLISH)
    letter = LETTER.model_copy(update={"id": id_})
    return Mail(file, letter, TEXTS.render(file, letter, name), email, name)


# ---- handing over ---------------------------------------------------------------------------


async def test_a_letter_arrives_as_it_was_written(mail: Sandbox, channel: EmailChannel) -> None:
    sent = letter_to("wang@example.cn")
    assert await channel.deliver(sent) == Accepted()
    [got] = mail.messages()
    assert (got["from"], got["to"]) == ("claims@insurer.example", ["wang@example.cn"])
    assert (got["subject"], got["text"]) == (sent.text.subject, sent.text.body)
    assert got["headers"]["From"] == "示例保险公司 <claims@insurer.example>"
    assert got["headers"]["To"] == "王芳 <wang@example.cn>"
    assert got["headers"]["Message-ID"] == "<letter-1@insurer.example>"
    assert got["headers"]["Auto-Submitted"] == "auto-generated"
    assert got["headers"]["Content-Language"] == "zh"


async def test_an_english_letter_comes_from_the_english_name(
    mail: Sandbox, channel: EmailChannel
) -> None:
    await channel.deliver(letter_to("li@example.cn", name=None, zh=False))
    [got] = mail.messages()
    assert got["headers"]["From"] == "Example Insurance <claims@insurer.example>"
    assert got["text"].startswith("Dear customer,")


async def test_the_same_letter_sent_twice_is_seen_as_a_duplicate(
    mail: Sandbox, channel: EmailChannel
) -> None:
    for _ in range(2):
        await channel.deliver(letter_to("wang@example.cn"))
    assert mail.totals() == {"accepted": 2, "kept": 2, "duplicates": 1}


async def test_many_letters_go_over_few_connections(mail: Sandbox, channel: EmailChannel) -> None:
    letters = [letter_to("wang@example.cn", f"letter-{n}") for n in range(40)]
    answers = await asyncio.gather(*(channel.deliver(each) for each in letters))
    assert answers == [Accepted()] * 40
    assert mail.totals() == {"accepted": 40, "kept": 40}


async def test_never_more_connections_are_open_than_allowed() -> None:
    open_now, most = 0, 0

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await reader.read(1)  # says nothing until the client gives up
        open_now -= 1
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    channel = EmailChannel(Connections(Server("127.0.0.1", port), 2), "a@b.example", COMPANY)
    sending = [asyncio.create_task(channel.deliver(letter_to("x@y.cn"))) for _ in range(6)]
    await until(lambda: open_now == 2, "two connections are open")
    for task in sending:
        task.cancel()
    await asyncio.gather(*sending, return_exceptions=True)
    server.close()
    assert most == 2


# ---- not handing over -----------------------------------------------------------------------


async def test_without_an_address_nothing_is_mailed(mail: Sandbox, channel: EmailChannel) -> None:
    for email in (None, ""):
        assert await channel.deliver(letter_to(email)) == NoAddress()
    assert mail.totals() == {}


async def test_a_mailbox_that_is_gone_refuses_for_good(channel: EmailChannel) -> None:
    assert await channel.deliver(letter_to("bounce@example.cn")) == Refused(reason="550 5.1.1")


async def test_a_full_mailbox_defers(channel: EmailChannel) -> None:
    assert await channel.deliver(letter_to("full@example.cn")) == Deferred(reason="452 4.2.2")


async def test_a_carrier_that_asks_to_come_again_defers(
    mail: Sandbox, channel: EmailChannel
) -> None:
    mail.put(defer=1)
    assert await channel.deliver(letter_to("wang@example.cn")) == Deferred(reason="451 4.3.0")
    mail.put()
    assert await channel.deliver(letter_to("wang@example.cn")) == Accepted()


async def test_a_lost_answer_defers_and_the_next_attempt_is_a_visible_duplicate(
    mail: Sandbox, channel: EmailChannel
) -> None:
    mail.put(lost_after=1)
    lost = await channel.deliver(letter_to("wang@example.cn"))
    assert lost == Deferred(reason="SMTPServerDisconnected")
    mail.put()
    assert await channel.deliver(letter_to("wang@example.cn")) == Accepted()
    assert mail.totals() == {"accepted": 2, "kept": 2, "duplicates": 1, "lost_after": 1}


async def test_a_refusal_leaves_the_connection_good_for_the_next_letter(
    mail: Sandbox, channel: EmailChannel
) -> None:
    for to in ("bounce@example.cn", "wang@example.cn", "full@example.cn", "li@example.cn"):
        await channel.deliver(letter_to(to))
    assert [got["to"][0] for got in mail.messages()] == ["li@example.cn", "wang@example.cn"]


async def test_a_carrier_that_is_not_there_is_away() -> None:
    nowhere = Connections(Server("127.0.0.1", free_port()), 1)
    channel = EmailChannel(nowhere, "a@b.example", COMPANY)
    answer = await channel.deliver(letter_to("wang@example.cn"))
    assert answer == Away(reason="SMTPConnectError")


async def test_a_carrier_that_is_restarted_gets_the_next_letter_over_a_new_connection() -> None:
    ports = free_port(), free_port()
    connections = Connections(Server("127.0.0.1", ports[1]), 1)
    channel = EmailChannel(connections, "a@b.example", COMPANY)
    for _ in range(2):
        sandbox = Sandbox(*ports)
        try:
            await until(sandbox.healthy, "the mail sandbox answers")
            assert await channel.deliver(letter_to("wang@example.cn")) == Accepted()
        finally:
            sandbox.process.kill()
            sandbox.process.wait()
            sandbox.http.close()
    connections.close()


@pytest.mark.parametrize(
    "address",
    [
        "wang",
        "a b@c.cn",
        "<a@b.cn>",
        "a@b.cn, c@d.cn",
        "a@b.cn\nBcc: all@d.cn",
        " ",
        "王@x.cn",
        "@",
    ],
)
async def test_an_address_that_is_none_is_refused_and_not_mailed(
    mail: Sandbox, channel: EmailChannel, address: str
) -> None:
    assert await channel.deliver(letter_to(address)) == Refused(reason="malformed-address")
    assert mail.totals() == {}


async def test_a_name_cannot_smuggle_a_header_in(mail: Sandbox, channel: EmailChannel) -> None:
    letter = letter_to("wang@example.cn", name="王\nBcc: all@d.cn")
    assert await channel.deliver(letter) == Refused(reason="malformed-address")
    assert mail.totals() == {}


def test_what_a_carrier_says_about_a_person_is_not_repeated() -> None:
    error = SMTPResponseException(550, "5.1.1 <wang@example.cn>: no such user Wang Fang")
    assert channels.judged(error) == Refused(reason="550 5.1.1")


def test_a_channel_has_answered_before_the_lease_runs_out() -> None:
    assert LEASE.total_seconds() > channels.LONGEST_S


# ---- the courier ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    ensure_keys(folder)
    return folder


class Noting:
    """A channel that keeps what it was given and accepts it."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def deliver(self, mail: Mail) -> Answer:
        self.mails.append(mail)
        return Accepted()


def call(contact: str) -> SendCall:
    file = samples.file(Language.CHINESE).model_copy(update={"contact": contact})
    return SendCall(id="sample/3", file=file, letter=LETTER, attempt=3)


async def test_the_courier_opens_the_contact_and_writes_to_it_by_name(keys: Path) -> None:
    sealed = Seal(keys, Service.NOTIFICATIONS).close({"email": "wang@example.cn", "name": "王芳"})
    noting = Noting()
    courier = Courier(Opener(keys, Service.NOTIFICATIONS), TEXTS, noting)
    outcome = await courier(call(sealed))
    assert outcome == Answered(call="sample/3", letter="sample", attempt=3, answer=Accepted())
    [mail] = noting.mails
    assert mail.email == "wang@example.cn"
    assert mail.text.body.startswith("尊敬的王芳，您好：")


@pytest.mark.parametrize("contact", [{"email": 7}, {"name": ["x"]}])
async def test_what_is_sealed_but_no_contact_is_refused_aloud(
    keys: Path, contact: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    await refused(keys, Seal(keys, Service.NOTIFICATIONS).close(contact), caplog)


async def test_what_is_sealed_to_another_is_refused_aloud(
    keys: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await refused(keys, Seal(keys, Service.PAYMENTS).close({"email": "a@b.cn"}), caplog)


async def refused(keys: Path, sealed: str, caplog: pytest.LogCaptureFixture) -> None:
    noting = Noting()
    with caplog.at_level(logging.ERROR):
        outcome = await Courier(Opener(keys, Service.NOTIFICATIONS), TEXTS, noting)(call(sealed))
    assert isinstance(outcome, Answered)
    assert outcome.answer == Refused(reason="contact-unreadable")
    assert "cannot be opened" in caplog.text
    assert noting.mails == []
