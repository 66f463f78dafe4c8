"""Documents that stand in for the customer's own: small, real PDF, JPEG and PNG files.

The same claim and item always have the same content, so that uploading again changes nothing.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass

from claimpath.lines import ClaimLine, Payee

PICTURES = {"photos"}
SCANS = {"identity", "driving-licence"}


@dataclass(frozen=True, slots=True)
class Document:
    """A file and what it is."""

    content: bytes
    media_type: str

    @property
    def sha256(self) -> str:
        """The digest of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def document(key: str, item: str) -> Document:
    """The document that proves this checklist item of the claim with this key."""
    text = f"{item} {hashlib.sha256(key.encode()).hexdigest()[:16]}"
    if item in PICTURES:
        return Document(_jpeg(text), "image/jpeg")
    if item in SCANS:
        return Document(_png(text), "image/png")
    return Document(_pdf(text), "application/pdf")


def payee(claim: ClaimLine) -> Payee:
    """An account for a claim that names none; the bank's sandbox settles it."""
    digits = int(hashlib.sha256(claim.key.encode()).hexdigest(), 16) % 10**14
    name = claim.contact.name if claim.contact else None
    return Payee(account=f"62{digits:014d}888", name=name or "Claimant")


def _jpeg(text: str) -> bytes:
    """One grey pixel, baseline, with the text as its comment."""
    frame = bytes.fromhex("08 0001 0001 01 01 11 00")
    one_code = b"\x01" + bytes(15) + b"\x00"
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            _segment(0xFE, text.encode()),
            _segment(0xDB, b"\x00" + b"\x01" * 64),
            _segment(0xC0, frame),
            _segment(0xC4, b"\x00" + one_code),
            _segment(0xC4, b"\x10" + one_code),
            _segment(0xDA, bytes.fromhex("01 01 00 00 3f 00")),
            b"\x3f\xff\xd9",
        )
    )


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _png(text: str) -> bytes:
    """One white pixel, with the text as its comment."""
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
            _chunk(b"tEXt", b"Comment\x00" + text.encode()),
            _chunk(b"IDAT", zlib.compress(b"\x00\xff")),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)


def _pdf(text: str) -> bytes:
    """One page that says the text."""
    stream = f"BT /F1 12 Tf 20 60 Td ({text}) Tj ET".encode()
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 120] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    return _assembled(objects)


def _assembled(objects: tuple[bytes, ...]) -> bytes:
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n" % size
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + head + table + tail
