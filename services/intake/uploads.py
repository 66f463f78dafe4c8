"""What may be uploaded: by size, by digest, and by what the bytes really are."""

from __future__ import annotations

import base64
import hashlib

import puremagic

from shared.problems import Problem

MOST_UPLOAD = 10_000_000
"""Bytes of one document."""
ACCEPTED = {"application/pdf", "image/jpeg", "image/png"}


def checked(content: bytes, declared: str | None, digest: str | None) -> str:
    """The media type of a sound upload. Raises `Problem`.

    `declared` is its Content-Type; `digest` its `Content-Digest` (RFC 9530), where given.
    """
    if not content:
        raise Problem(422, "empty", "The document is empty.", [("body", "is empty")])
    actual = _sniffed(content)
    if actual not in ACCEPTED:
        names = ", ".join(sorted(ACCEPTED))
        raise Problem(415, "unsupported-type", f"Send one of {names}.", [("body", f"is {actual}")])
    if declared and declared.split(";")[0].strip() != actual:
        detail = f"It is declared as {declared} and is {actual}."
        raise Problem(415, "disguised", detail, [("Content-Type", detail)])
    if digest and f"sha-256=:{_digest(content)}:" not in digest:
        raise Problem(
            422,
            "digest-differs",
            "The content does not match its Content-Digest.",
            [("Content-Digest", "does not match the content")],
        )
    return actual


def _sniffed(content: bytes) -> str:
    try:
        return str(puremagic.from_string(content[:65_536], mime=True))
    except puremagic.PureError:
        return "application/octet-stream"


def _digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
