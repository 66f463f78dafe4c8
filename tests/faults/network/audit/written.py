"""The version guard, seen from MongoDB's own log of what it wrote."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.network.audit.finding import Finding
from tests.faults.network.evidence import Evidence


def no_two_writers_succeed_on_one_version(evidence: Evidence) -> Iterator[Finding]:
    """Each document was written as version 1, 2, 3 and so on, each of them once."""
    for document, versions in evidence.written.items():
        if list(versions) != list(range(1, len(versions) + 1)):
            yield Finding(document, f"was written as the versions {list(versions)}")
