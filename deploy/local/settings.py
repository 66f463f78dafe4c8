"""What the embedded network tells its programs, by environment variables."""

from collections.abc import Mapping
from pathlib import Path

from deploy.local.parts import BANK, SMTP
from deploy.local.ports import LOOPBACK


def settings(
    data: Path, base: int, kafka: str, mongo: str, named: Mapping[str, str]
) -> dict[str, str]:
    """The settings all programs share, for a network whose gateway has the port `base`.

    Where `named` has a bank, a mail server, a folder of keys or a public gateway address, that
    one is taken; a folder of keys of our own is filled if need be.
    """
    ours = {
        "CLAIMPATH_BANK": f"http://{LOOPBACK}:{base + BANK.offset}{BANK.route}",
        "CLAIMPATH_SMTP": f"{LOOPBACK}:{base + SMTP}",
        "CLAIMPATH_GATEWAY": f"http://{LOOPBACK}:{base}",
        "CLAIMPATH_KEYS": named.get("CLAIMPATH_KEYS") or _keys(data / "keys"),
    }
    servers = {"CLAIMPATH_KAFKA": kafka, "CLAIMPATH_MONGO": mongo, "CLAIMPATH_HOST": LOOPBACK}
    return {**ours, **named, **servers, "CLAIMPATH_MEMBER": "1"}


def _keys(folder: Path) -> str:
    # Here and not above: `status` and `down` need no cryptography.
    from shared.sealing import ensure_keys

    ensure_keys(folder)
    return str(folder)
