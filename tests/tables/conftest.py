"""What the tests of tables share: a PostgreSQL server of their own, for as long as they need one."""

import getpass
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

PASSWORD = "tulip-harbour-91"
PLACES_OF_BINARIES = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]


def binary(name):
    places = os.pathsep.join([os.environ.get("PATH", ""), *map(str, PLACES_OF_BINARIES)])
    return shutil.which(name, path=places)


def run_as(user, *command):
    prefix = [] if user == getpass.getuser() else ["runuser", "-u", user, "--"]
    subprocess.run([*prefix, *command], check=True, capture_output=True, timeout=60)


def server_user():
    """A user who may run a server: root may not."""
    if os.geteuid() != 0:
        return getpass.getuser()
    for user in ("postgres", "nobody"):
        if shutil.which("runuser") and not subprocess.run(["id", user], capture_output=True).returncode:
            return user
    return None


@pytest.fixture(scope="session")
def postgresql():
    """Address of a running server, password included; the database is empty."""
    initdb, pg_ctl = binary("initdb"), binary("pg_ctl")
    if not (initdb and pg_ctl and server_user()):
        pytest.skip("PostgreSQL is not installed here (apt-get install postgresql)")
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    try:
        (folder / "password").write_text(PASSWORD)
        shutil.chown(folder, user)
        shutil.chown(folder / "password", user)
        run_as(
            user, initdb, "-D", f"{folder}/data", "-A", "scram-sha-256", "-U", "keeper", "-E", "UTF8",
            f"--pwfile={folder}/password", "--locale=C", "--no-sync",
        )  # fmt: skip
        options = f"-c listen_addresses= -k {folder} -c fsync=off -c autovacuum=off"
        run_as(user, pg_ctl, "-D", f"{folder}/data", "-w", "-o", options, "-l", f"{folder}/log", "start")
        try:
            yield f"postgresql://keeper:{PASSWORD}@/postgres?host={folder}"
        finally:
            run_as(user, pg_ctl, "-D", f"{folder}/data", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
