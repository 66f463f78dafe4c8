"""Reads what was mailed. Anything can arrive by mail, so reading never fails, it falls back."""

from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.message import Message as Mail
from email.parser import BytesHeaderParser, BytesParser

from sandboxes.mail.mailbox import Delivery
from sandboxes.mail.model import Message


def read(delivery: Delivery) -> Message:
    """The delivery with its headers and bodies decoded."""
    mail = BytesParser().parsebytes(delivery.raw)
    return Message(
        id=delivery.number,
        sender=_writable(delivery.sender),
        to=[_writable(address) for address in delivery.recipients],
        subject=_header(mail.get("Subject", "")),
        headers={name: _joined(mail, name) for name in mail},
        text=_body(mail, "text/plain"),
        html=_body(mail, "text/html"),
        received_at=delivery.received_at,
    )


def message_id(raw: bytes) -> str | None:
    """The Message-ID, or None if there is none."""
    found = BytesHeaderParser().parsebytes(raw).get("Message-ID")
    return str(found).strip() or None if found is not None else None


def _joined(mail: Mail, name: str) -> str:
    return "\n".join(_header(value) for value in mail.get_all(name, []))


def _header(value: str | Header) -> str:
    """The header's text, unfolded, its encoded words decoded (RFC 2047)."""
    try:
        chunks = decode_header(value)
    except HeaderParseError:
        chunks = [(str(value), None)]
    text = "".join(c if isinstance(c, str) else _decoded(c, charset) for c, charset in chunks)
    return _writable(" ".join(text.split()))


def _body(mail: Mail, kind: str) -> str | None:
    """The first body of this content type that is not an attachment, its lines ended by LF."""
    for part in mail.walk():
        payload = part.get_payload(decode=True)
        if part.get_content_type() == kind and isinstance(payload, bytes) and _inline(part):
            return _decoded(payload, part.get_content_charset()).replace("\r\n", "\n")
    return None


def _inline(part: Mail) -> bool:
    return part.get_content_disposition() != "attachment"


def _decoded(raw: bytes, charset: str | None) -> str:
    """The text; UTF-8 stands in for an unknown charset and U+FFFD for what does not decode."""
    try:
        text = raw.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        text = raw.decode("utf-8", "replace")
    return _writable(text)


def _writable(text: str) -> str:
    """The text without lone surrogates, which no JSON answer could carry."""
    return text.encode("utf-8", "replace").decode()
