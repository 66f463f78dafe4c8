"""Is a part well? One question for every kind of part, asked by the scheme of its probe URL.

The clients are loaded where they are needed: each costs up to a second, and most commands need
none of them.
"""

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

PATIENCE = 3.0


async def healthy(probe: str) -> bool:
    """Ask `http://`, `mongodb://` or `kafka://` whether it is ready for work; never raises."""
    ask = _ASK[urlsplit(probe).scheme]
    try:
        return await asyncio.wait_for(ask(probe), PATIENCE)
    except TimeoutError:
        return False


async def _http(url: str) -> bool:
    """Whether a GET is answered with 200; only the first line of the answer is read."""
    place = urlsplit(url)
    secure = place.scheme == "https"
    request = f"GET {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n"
    port = place.port or (443 if secure else 80)
    try:
        reader, writer = await asyncio.open_connection(place.hostname, port, ssl=secure or None)
        try:
            writer.write(request.encode())
            return (await reader.readline()).split()[1:2] == [b"200"]
        finally:
            writer.close()
    except OSError:
        return False


async def _mongo(url: str) -> bool:
    """With a replica set named in the URL this waits for a primary, which takes the writes."""
    from pymongo import AsyncMongoClient
    from pymongo.errors import PyMongoError

    try:
        client: AsyncMongoClient[dict[str, object]] = AsyncMongoClient(
            url, serverSelectionTimeoutMS=1000, connectTimeoutMS=1000
        )
        async with client:
            await client.admin.command("hello")
    except PyMongoError:
        return False
    return True


async def _kafka(url: str) -> bool:
    servers = url.removeprefix("kafka://")
    if not any([await _listens(server) for server in servers.split(",")]):
        return False
    from aiokafka.client import AIOKafkaClient
    from aiokafka.errors import KafkaError

    client = AIOKafkaClient(bootstrap_servers=servers, request_timeout_ms=2000)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except KafkaError:
        return False
    finally:
        await client.close()


async def _listens(address: str) -> bool:
    """A look before the Kafka client's own, which logs an error for every refused connection."""
    host, _, port = address.rpartition(":")
    try:
        _, writer = await asyncio.open_connection(host, int(port))
    except OSError:
        return False
    writer.close()
    return True


_ASK: dict[str, Callable[[str], Awaitable[bool]]] = {
    "http": _http,
    "https": _http,
    "mongodb": _mongo,
    "mongodb+srv": _mongo,
    "kafka": _kafka,
}
