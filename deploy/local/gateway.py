"""The gateway: Traefik with the routes of `deploy/gateway/routes.yaml`."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local import binaries
from deploy.local.ports import LOOPBACK
from deploy.local.server import Server

ROUTES = Path(__file__).parents[1] / "gateway" / "routes.yaml"


class Gateway(Server):
    """Traefik on a loopback port; `routes` maps a path prefix to the base URL behind it."""

    def __init__(self, data: Path, port: int, routes: Mapping[str, str]) -> None:
        self.port = port
        self.url = f"http://{LOOPBACK}:{port}"
        self._routes = routes
        super().__init__("gateway", data, self.url, f"{self.url}/ping")

    def command(self) -> Sequence[str]:
        listen = f"--entrypoints.web.address={LOOPBACK}:{self.port}"
        routes = [f"--providers.file.filename={ROUTES}", "--providers.file.watch=false"]
        health = ["--ping=true", "--ping.entrypoint=web"]
        # A header spelt X_Auth_User must not pass for X-Auth-User behind the gateway.
        strict = ["--entrypoints.web.http.aliasheadersstrategy=delete"]
        quiet = ["--global.checknewversion=false", "--global.sendanonymoususage=false"]
        return [
            binaries.traefik(),
            listen,
            *routes,
            *health,
            *strict,
            *quiet,
            "--log.level=WARN",
            "--log.nocolor",
        ]

    def environment(self) -> Mapping[str, str]:
        routes = ",".join(f"{prefix.strip('/')}={url}" for prefix, url in self._routes.items())
        return {**os.environ, "CLAIMPATH_ROUTES": routes}
