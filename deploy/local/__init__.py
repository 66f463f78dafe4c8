"""The embedded network: servers and services as child processes, without Docker.

Servers for tests stand in `deploy.local.servers`, the whole network in `deploy.local.network`.
"""
