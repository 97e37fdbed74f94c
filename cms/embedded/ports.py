"""Is the address free, and if not, who has it?"""

import errno
import os
import socket
from pathlib import Path


def is_taken(host, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            raise
    return False


def listener(port):
    """(pid, command) of who listens on this TCP port; None where it cannot be seen."""
    sockets = set(_listening_sockets(port))
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if any(
                os.readlink(entry) in sockets for entry in (folder / "fd").iterdir()
            ):
                command = (folder / "cmdline").read_bytes().split(b"\0")
                words = b" ".join(command).decode(errors="replace").strip()
                return int(folder.name), words[:80]
        except OSError:  # gone meanwhile, or another user's
            continue
    return None


def _listening_sockets(port):
    listening = "0A"
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == listening and int(columns[1].split(":")[1], 16) == port:
                yield f"socket:[{columns[9]}]"
