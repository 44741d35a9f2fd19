"""A PostgreSQL server of the tests' own, in a temporary folder, reached by a socket in it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SERVER_USERS = ("postgres", "nobody")  # it refuses to run as root


def find_program(name: str) -> str | None:
    """Return where a program of the server lies: on the path, or where Debian puts it."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(debian[-1]) if debian else shutil.which(name)


def server_user() -> str | None:
    """Return the user to run the server as, None for the own one."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(user for user in SERVER_USERS if user in known)


@contextmanager
def running_server() -> Iterator[str]:
    """Yield the address of a fresh server's database; it is stopped and removed at the end."""
    initdb, pg_ctl = find_program("initdb"), find_program("pg_ctl")
    assert initdb and pg_ctl
    user = server_user()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        if user:
            shutil.chown(folder, user)

        def run(*command: str) -> None:
            done = subprocess.run(command, user=user, cwd=folder, capture_output=True, timeout=120, check=False)
            assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()

        run(initdb, "-D", f"{folder}/data", "-U", "gifect", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        options = f"-k {folder} -c listen_addresses='' -c shared_buffers=16MB -c max_connections=20 -c fsync=off"
        run(pg_ctl, "-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "start")
        try:
            yield f"postgresql://gifect@/postgres?host={folder}"
        finally:
            run(pg_ctl, "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def empty(address: str) -> None:
    """Remove everything from a server's database."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
