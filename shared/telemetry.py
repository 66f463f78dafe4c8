"""Traces: one span per message, child of the record's own `traceparent`, with today's names.

Spans carry ids, types, counts and outcomes; never names, account numbers or free text.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, TraceFlags, TraceState

from shared.decider import Message

SHUTDOWN_MS = 1_500
"""A dead collector must not keep a stopping service alive (the SDK alone would wait 30 s)."""
ODD = frozenset("13579bdf")
"""Last digits of a traceparent whose lowest flag, `sampled`, is set."""


class Telemetry:
    """The spans of one service. Without an OTLP endpoint ids still flow, and nothing is kept."""

    def __init__(self, service: str, provider: TracerProvider) -> None:
        self.service = service
        self.provider = provider
        self._tracer = provider.get_tracer("claimpath")

    def begin(self, message: Message, before: str = "") -> Span:
        """The span in which a message is processed, child of whoever sent it.

        Work that starts anew, days later perhaps, is linked to `before`: the document's last trace.
        """
        parent = span_context(message.traceparent)
        link = None if message.record else span_context(before)
        return self._tracer.start_span(
            f"process {_kind(message)}",
            context=trace.set_span_in_context(trace.NonRecordingSpan(parent)) if parent else None,
            kind=SpanKind.CONSUMER if message.record else SpanKind.INTERNAL,
            links=[Link(link)] if link and link != parent else (),
            attributes=_attributes(message),
        )

    def saved(self, spans: Sequence[Span], kind: str, started: int) -> None:
        """Adds to each span the MongoDB write that it shared with its batch, begun at `started`."""
        self._children(
            spans,
            f"bulkWrite {kind}",
            SpanKind.CLIENT,
            started,
            {
                "db.system.name": "mongodb",
                "db.operation.name": "bulkWrite",
                "db.collection.name": kind,
                "db.operation.batch.size": len(spans),
            },
        )

    def sent(self, parents: Iterable[str], topic: str, started: int) -> None:
        """Adds to the span behind each traceparent the publishing of its facts."""
        kept = (parent for parent in parents if _sampled(parent))
        contexts = [context for parent in kept if (context := span_context(parent))]
        spans = [trace.NonRecordingSpan(context) for context in contexts]
        self._children(
            spans,
            f"send {topic}",
            SpanKind.PRODUCER,
            started,
            {
                "messaging.system": "kafka",
                "messaging.operation.type": "send",
                "messaging.destination.name": topic,
            },
        )

    @contextmanager
    def within(self, parent: str) -> Iterator[None]:
        """What is done inside, an outside call for one, belongs to this traceparent's span."""
        context = span_context(parent)
        span = trace.NonRecordingSpan(context) if context else trace.INVALID_SPAN
        with trace.use_span(span):
            yield

    def _children(
        self,
        spans: Sequence[Span],
        name: str,
        kind: SpanKind,
        started: int,
        attributes: dict[str, str | int],
    ) -> None:
        ended = time.time_ns()
        for span in spans:
            if span.get_span_context().trace_flags.sampled:
                context = trace.set_span_in_context(span)
                self._tracer.start_span(name, context, kind, attributes, start_time=started).end(
                    ended
                )

    def close(self) -> None:
        """Exports what is left, within a budget."""
        self.provider.force_flush(SHUTDOWN_MS)


def telemetry(service: str) -> Telemetry:
    """Set up from the standard `OTEL_*` variables."""
    endpoint = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    )
    provider = TracerProvider(
        sampler=ParentBased(ALWAYS_ON) if endpoint else ALWAYS_OFF,
        resource=Resource.create({"service.name": service, "service.namespace": "claimpath"}),
        shutdown_on_exit=False,
    )
    if endpoint:
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=2)))
    return Telemetry(service, provider)


def traceparent(span: Span) -> str:
    """The W3C header that makes others children of this span."""
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def span_context(header: str) -> SpanContext | None:
    """What a W3C `traceparent` header points at; None if it is empty or malformed."""
    parts = header.split("-")
    try:
        version, trace_id, span_id, flags = parts[0], *(int(part, 16) for part in parts[1:4])
    except ValueError:
        return None
    context = SpanContext(trace_id, span_id, True, TraceFlags(flags), TraceState())
    return context if context.is_valid and version != "ff" else None


def _sampled(header: str) -> bool:
    """Whether somebody keeps the trace; cheaper than reading all of the header."""
    return header[-1:] in ODD


def _kind(message: Message) -> str:
    return type(message.body).__name__


def _attributes(message: Message) -> dict[str, str | int]:
    attributes: dict[str, str | int] = {
        "claim.id": message.subject,
        "messaging.message.id": message.id,
    }
    if message.record:
        attributes |= {
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "messaging.destination.name": message.record.topic,
            "messaging.destination.partition.id": str(message.record.partition),
            "messaging.kafka.offset": message.record.offset,
        }
    return attributes
