"""The feedback service, and a client that speaks to it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from .service import Feedback, Post


@pytest.fixture
async def feedback(mongo: Any) -> AsyncIterator[Feedback]:
    service = Feedback(mongo.url)
    doors = [service.survey_door, service.complaint_door]
    work = [asyncio.create_task(door.run()) for door in doors]
    yield service
    for task in work:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    service.store.close()


@pytest.fixture
async def http(feedback: Feedback) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(feedback.app())
    async with httpx.AsyncClient(transport=transport, base_url="http://it/feedback") as client:
        yield client


@pytest.fixture
def post(http: httpx.AsyncClient) -> Post:
    async def post(path: str, body: Any, key: str = "") -> httpx.Response:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        return await http.post(path, json=body, headers=headers)

    return post
