"""Ports: found, kept apart, and named when they are taken."""

import socket

import pytest

from deploy.local.ports import free_port, free_ports, is_free, require_free
from deploy.local.trouble import Trouble


def test_free_ports_are_never_handed_out_twice() -> None:
    handed_out = [free_port() for _ in range(50)]
    assert len(set(handed_out)) == 50


def test_ports_in_a_row_are_all_free() -> None:
    first = free_ports(12)
    assert all(is_free(port) for port in range(first, first + 12))


def test_a_taken_port_is_named_with_what_it_was_wanted_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Trouble, match=rf"port {port} \(gateway\)"):
            require_free({"gateway": port, "intake": free_port()})
