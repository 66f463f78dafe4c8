"""What notifications is told beside what every service is told."""

from __future__ import annotations

from pydantic import Field, SecretStr

from shared import settings


class NotificationsSettings(settings.Settings):
    """The mail carrier, and in whose name the letters are written."""

    smtp: str = Field("127.0.0.1:8093", pattern=r"^\S+:\d+$", description="mail server, host:port")
    smtp_user: str | None = Field(None, description="user at the mail server, if it asks for one")
    smtp_password: SecretStr | None = Field(None, description="password at the mail server")
    smtp_connections: int = Field(8, ge=1, description="most connections to the mail server")
    mail_from: str = Field("claims@claimpath.example", description="sender's address")
    company_zh: str = Field("示例保险公司", description="the insurer's name in Chinese letters")
    company_en: str = Field("Example Insurance", description="the insurer's name in English ones")
    gateway: str = Field("http://127.0.0.1:8080", description="public base URL of links")
