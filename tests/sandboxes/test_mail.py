"""The mail sandbox, as a sender and as a test sees it."""

import random
import signal
import smtplib
import uuid
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import httpx
import pytest

SENDER = "claims@insurer.example"


@pytest.fixture(scope="module")
def program(shared_start: Callable[..., Any]) -> Any:
    return shared_start("mail")


@pytest.fixture
def mail(program: Any) -> Any:
    program.http.put("/settings", json={}).raise_for_status()
    program.http.delete("/messages").raise_for_status()
    return program


@pytest.fixture
def smtp(mail: Any) -> Iterator[smtplib.SMTP]:
    connection = smtplib.SMTP("127.0.0.1", mail.smtp_port, "sender.example", timeout=60)
    yield connection
    connection.close()


def letter(to: str = "wang@example.cn", message_id: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = SENDER, to
    message["Subject"] = "您的理赔已赔付 Your claim has been paid"
    message["Message-ID"] = message_id or f"<{uuid.uuid4().hex}@insurer.example>"
    message["Feedback-ID"] = "claim-42"
    message.set_content("尊敬的客户:\n已付 ¥250.00\n")
    message.add_alternative("<p>已付 <b>¥250.00</b></p>\n", subtype="html")
    return message


def raw(text: bytes) -> bytes:
    return b"Message-ID: <" + uuid.uuid4().hex.encode() + b"@raw>\r\n" + text


def messages(mail: Any, **query: Any) -> list[Any]:
    found: list[Any] = mail.http.get("/messages", params=query).json()["messages"]
    return found


def totals(mail: Any) -> dict[str, int]:
    return {name: n for name, n in mail.http.get("/totals").json().items() if n}


def is_problem(answer: httpx.Response, status: int) -> bool:
    media = answer.headers["content-type"]
    return answer.status_code == answer.json()["status"] == status and "problem+json" in media


# ---- accepting and showing ------------------------------------------------------------------


def test_an_accepted_letter_is_shown_decoded(mail: Any, smtp: smtplib.SMTP) -> None:
    smtp.send_message(letter())
    [shown] = messages(mail)
    assert (shown["from"], shown["to"]) == (SENDER, ["wang@example.cn"])
    assert shown["subject"] == "您的理赔已赔付 Your claim has been paid"
    assert shown["headers"]["Feedback-ID"] == "claim-42"
    assert shown["text"] == "尊敬的客户:\n已付 ¥250.00\n"
    assert shown["html"] == "<p>已付 <b>¥250.00</b></p>\n"
    assert shown["received_at"].endswith("Z")


async def test_the_product_s_own_client_is_served(mail: Any) -> None:
    await aiosmtplib.send(letter("li@example.cn"), hostname="127.0.0.1", port=mail.smtp_port)
    assert [m["to"] for m in messages(mail)] == [["li@example.cn"]]


def test_an_attachment_is_not_taken_for_the_body(mail: Any, smtp: smtplib.SMTP) -> None:
    message = EmailMessage()
    message["Subject"] = "attached"
    message.add_attachment("the list", filename="list.txt")
    smtp.send_message(message, SENDER, ["wang@example.cn"])
    assert [(m["text"], m["html"]) for m in messages(mail)] == [(None, None)]


def test_the_raw_message_is_shown_as_it_came(mail: Any, smtp: smtplib.SMTP) -> None:
    sent = raw(b"Subject: dots\r\n\r\n.\r\n..two\r\n")
    smtp.sendmail(SENDER, ["wang@example.cn"], sent)
    [shown] = messages(mail)
    answer = mail.http.get(f"/messages/{shown['id']}/raw")
    assert answer.content == sent
    assert answer.headers["content-type"].startswith("message/rfc822")


def test_the_newest_come_first_by_recipient_and_within_the_limit(
    mail: Any, smtp: smtplib.SMTP
) -> None:
    for to in ["a@example.cn", "b@example.cn", "a@example.cn", "a@example.cn"]:
        smtp.send_message(letter(to))
    newest = messages(mail, to="A@example.cn", limit=2)
    assert [m["to"] for m in newest] == [["a@example.cn"]] * 2
    assert newest[0]["id"] > newest[1]["id"]
    assert len(messages(mail)) == 4
    older = messages(mail, before=newest[1]["id"])
    assert [m["to"] for m in older] == [["b@example.cn"], ["a@example.cn"]]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"no header at all",
        b"Subject: =?utf-8?b?!!!?=\r\n\r\nbroken base64 in the header",
        b"Subject: =?klingon?q?=E6?=\r\n\r\nunheard-of charset in the header",
        b"Subject: \xe7\x90\x86\xe8\xb5\x94 \xff\r\n\r\nbare bytes in the header",
        b"Content-Type: text/plain; charset=klingon\r\n\r\nbody \xff",
        b"Content-Type: text/plain; charset=utf-7\r\n\r\n+2AA-",
        b"Content-Type: text/plain; charset=idna\r\n\r\n\xff..",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: \xff\xfe; charset*=\xff''x\r\nContent-Disposition: \xff\r\n\r\nbytes",
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nbody",
    ],
)
def test_anything_that_arrives_can_be_shown(mail: Any, smtp: smtplib.SMTP, text: bytes) -> None:
    smtp.sendmail(SENDER, ["wang@example.cn"], raw(text))
    answer = mail.http.get("/messages")
    assert answer.status_code == 200
    assert len(answer.json()["messages"]) == 1


def test_a_header_in_bare_utf_8_is_read(mail: Any, smtp: smtplib.SMTP) -> None:
    smtp.sendmail(SENDER, ["wang@example.cn"], raw("Subject: 理赔\r\n\r\n已付".encode()))
    assert [(m["subject"], m["text"]) for m in messages(mail)] == [("理赔", "已付\n")]


def test_a_message_id_accepted_twice_is_counted_as_a_duplicate(
    mail: Any, smtp: smtplib.SMTP
) -> None:
    for message_id in ["<one@x>", "<two@x>", "<one@x>"]:
        smtp.send_message(letter(message_id=message_id))
    assert totals(mail) == {"accepted": 3, "kept": 3, "duplicates": 1}


def test_deleting_empties_the_mailbox_and_the_counts(mail: Any, smtp: smtplib.SMTP) -> None:
    smtp.send_message(letter())
    assert mail.http.delete("/messages").status_code == 204
    assert (messages(mail), totals(mail)) == ([], {})


def test_only_the_newest_are_kept(start: Any) -> None:
    mail = start("mail", CLAIMPATH_MAIL_KEEP="3")
    with smtplib.SMTP("127.0.0.1", mail.smtp_port, timeout=60) as smtp:
        for n in range(5):
            smtp.send_message(letter(f"n{n}@example.cn"))
    assert [m["to"][0] for m in messages(mail)] == [f"n{n}@example.cn" for n in (4, 3, 2)]
    assert totals(mail) == {"accepted": 5, "kept": 3}
    assert is_problem(mail.http.get("/messages/1/raw"), 404)


# ---- failing --------------------------------------------------------------------------------


@pytest.mark.parametrize(("local_part", "code"), [("bounce", 550), ("BOUNCE", 550), ("full", 452)])
def test_two_mailboxes_always_refuse(
    mail: Any, smtp: smtplib.SMTP, local_part: str, code: int
) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        smtp.send_message(letter(f"{local_part}@example.cn"))
    assert [answer[0] for answer in refused.value.recipients.values()] == [code]
    assert totals(mail) == {"rejected": 1}


def test_a_refused_recipient_does_not_keep_the_letter_from_the_others(
    mail: Any, smtp: smtplib.SMTP
) -> None:
    refused = smtp.sendmail(SENDER, ["bounce@example.cn", "li@example.cn"], raw(b"\r\nhello"))
    assert list(refused) == ["bounce@example.cn"]
    assert [m["to"] for m in messages(mail)] == [["li@example.cn"]]


def test_a_rejecting_provider_answers_550(mail: Any, smtp: smtplib.SMTP) -> None:
    mail.http.put("/settings", json={"reject": 1})
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        smtp.send_message(letter())
    assert refused.value.recipients["wang@example.cn"][0] == 550
    assert totals(mail) == {"rejected": 1}


def test_a_rejected_mailbox_stays_rejected(mail: Any, smtp: smtplib.SMTP) -> None:
    mail.http.put("/settings", json={"reject": 0.5})
    addresses = [f"customer{n}@example.cn" for n in range(40)]
    first = [refuses(smtp, address) for address in addresses]
    again = [refuses(smtp, address) for address in reversed(addresses)]
    assert again[::-1] == first
    assert 10 <= sum(first) <= 30


def refuses(smtp: smtplib.SMTP, address: str) -> bool:
    smtp.rset()
    smtp.ehlo_or_helo_if_needed()
    smtp.mail(SENDER)
    return smtp.rcpt(address)[0] == 550


def test_a_deferring_provider_answers_451_and_keeps_nothing(mail: Any, smtp: smtplib.SMTP) -> None:
    mail.http.put("/settings", json={"defer": 1})
    with pytest.raises(smtplib.SMTPDataError) as deferred:
        smtp.send_message(letter())
    assert deferred.value.smtp_code == 451
    assert (messages(mail), totals(mail)) == ([], {"deferred": 1})


def test_a_deferred_letter_gets_through_when_sent_again(mail: Any, smtp: smtplib.SMTP) -> None:
    mail.http.put("/settings", json={"defer": 0.6})
    letters = [letter(message_id=f"<again-{n}@x>") for n in range(20)]
    attempts = sum(attempts_until_accepted(smtp, sent) for sent in letters)
    assert totals(mail) == {"accepted": 20, "kept": 20, "deferred": attempts - 20}


def attempts_until_accepted(smtp: smtplib.SMTP, sent: EmailMessage) -> int:
    attempts = 1
    while deferred(smtp, sent):
        attempts += 1
    return attempts


def deferred(smtp: smtplib.SMTP, sent: EmailMessage) -> bool:
    try:
        smtp.send_message(sent)
    except smtplib.SMTPDataError:
        return True
    return False


def test_the_same_seed_defers_the_same_letters_in_whatever_order(
    mail: Any, smtp: smtplib.SMTP
) -> None:
    ids = [f"<seeded-{n}@x>" for n in range(60)]
    first = deferrals(mail, smtp, 7, ids)
    assert deferrals(mail, smtp, 7, random.Random(1).sample(ids, len(ids))) == first
    assert deferrals(mail, smtp, 8, ids) != first


def deferrals(mail: Any, smtp: smtplib.SMTP, seed: int, ids: list[str]) -> set[str]:
    mail.http.put("/settings", json={"defer": 0.4, "seed": seed})
    return {name for name in ids if deferred(smtp, letter(message_id=name))}


async def test_a_lost_answer_leaves_the_letter_accepted(mail: Any) -> None:
    mail.http.put("/settings", json={"lost_after": 1})
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await aiosmtplib.send(letter(), hostname="127.0.0.1", port=mail.smtp_port)
    assert len(messages(mail)) == 1
    assert totals(mail) == {"accepted": 1, "kept": 1, "lost_after": 1}


async def test_a_letter_sent_again_after_a_lost_answer_is_a_duplicate(mail: Any) -> None:
    sent = letter()
    mail.http.put("/settings", json={"lost_after": 1})
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await aiosmtplib.send(sent, hostname="127.0.0.1", port=mail.smtp_port)
    mail.http.put("/settings", json={})
    await aiosmtplib.send(sent, hostname="127.0.0.1", port=mail.smtp_port)
    assert totals(mail) == {"accepted": 2, "kept": 2, "duplicates": 1, "lost_after": 1}


def test_a_letter_too_large_is_refused(mail: Any, smtp: smtplib.SMTP) -> None:
    line = b"x" * 900 + b"\r\n"
    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        smtp.sendmail(SENDER, ["wang@example.cn"], raw(b"\r\n" + line * 12_000))
    assert refused.value.smtp_code == 552
    assert totals(mail) == {}


# ---- settings and refusals ------------------------------------------------------------------


def test_putting_settings_replaces_all_of_them(mail: Any) -> None:
    mail.http.put("/settings", json={"reject": 0.5})
    answer = mail.http.put("/settings", json={"defer": 0.25})
    assert answer.json() == {"reject": 0, "defer": 0.25, "lost_after": 0, "seed": 0}
    assert mail.http.get("/settings").json() == answer.json()


@pytest.mark.parametrize(
    "bad", [{"reject": 1.01}, {"defer": -1}, {"lost_after": "1"}, {"seed": -1}, {"away": True}]
)
def test_settings_out_of_range_are_refused_by_field(mail: Any, bad: dict[str, Any]) -> None:
    answer = mail.http.put("/settings", json=bad)
    assert is_problem(answer, 422)
    assert [error["field"] for error in answer.json()["errors"]] == list(bad)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/messages/999999/raw", 404),
        ("/messages/any/raw", 422),
        ("/messages?limit=0", 422),
        ("/messages?limit=201", 422),
        ("/unheard-of", 404),
    ],
)
def test_every_refusal_is_problem_details(mail: Any, path: str, status: int) -> None:
    assert is_problem(mail.http.get(path), status)


def test_settings_can_be_given_at_the_start(start: Any) -> None:
    mail = start("mail", CLAIMPATH_MAIL_SETTINGS='{"defer": 1}')
    assert mail.http.get("/settings").json()["defer"] == 1


@pytest.mark.parametrize(
    "environment", [{"CLAIMPATH_MAIL_SETTINGS": "[]"}, {"CLAIMPATH_MAIL_KEEP": "none"}]
)
def test_a_start_that_cannot_be_used_is_refused_by_name(
    start: Any, environment: dict[str, str]
) -> None:
    program = start("mail", healthy=False, **environment)
    complaint = program.complaint()
    assert program.process.returncode == 1
    assert complaint.startswith(next(iter(environment)))


def test_sigterm_ends_it_cleanly_with_a_connection_open(start: Any) -> None:
    mail = start("mail")
    with smtplib.SMTP("127.0.0.1", mail.smtp_port, timeout=60) as smtp:
        smtp.noop()
        assert mail.end(signal.SIGTERM) == 0
        smtp.close()
    assert mail.complaint() == ""
