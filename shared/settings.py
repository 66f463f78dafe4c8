"""Every address is a setting: `CLAIMPATH_*` in the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What one service process is told. Services may add their own by subclassing."""

    model_config = SettingsConfigDict(env_prefix="CLAIMPATH_", frozen=True)

    kafka: str = Field("127.0.0.1:9092", description="Kafka bootstrap servers, host:port")
    mongo: str = Field("mongodb://127.0.0.1:27017", description="MongoDB connection string")
    host: str = Field("127.0.0.1", description="address the HTTP server listens on")
    port: int = Field(8000, description="port the HTTP server listens on")
    database: str = Field("claimpath", description="prefix of the database names")
    topics: str = Field("claimpath", description="prefix of the topic names")
    partitions: int = Field(8, ge=1, description="partitions of a topic this service creates")
    replication: int = Field(1, ge=1, description="replicas of a topic this service creates")
    insurer: str = Field("demo", description="the insurer this installation serves")
    time_zone: str = Field("Asia/Shanghai", description="decides the insurer's calendar days")
    keys: Path = Field(Path(".claimpath/keys"), description="directory of the sealing keys")
    member: str = Field(
        "", description="this process in its consumer group; the same after a restart, or empty"
    )
    batch: int = Field(500, ge=1, description="most records handled in one batch")
    poll_ms: int = Field(250, ge=1, description="longest wait for a first record, milliseconds")
    sweep_s: float = Field(
        1.0, gt=0, description="seconds between looks at timers and unsent facts"
    )
    drain_s: float = Field(4.0, gt=0, description="seconds a stopping service may take to finish")
    parked_per_claim: int = Field(
        200, ge=1, description="messages parked of one claim; beyond, its partitions wait"
    )
    parked_most: int = Field(
        10_000, ge=1, description="messages parked in a service; beyond, it takes no more events"
    )
