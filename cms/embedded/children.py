"""Child processes that do not outlive their parent."""

import ctypes
import os
import signal
import subprocess
import sys

from cms.embedded.places import run_as

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def spawn(command, *, log, user=None, env=None, cwd=None, farewell=signal.SIGTERM):
    """Start a child in a session of its own, with its output appended to `log`.

    The kernel sends `farewell` when the parent dies, however it dies. It does so when
    the *thread* that called this ends, so call it from the main thread.
    """
    parent = os.getpid()

    def die_with_parent():
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(farewell))
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    with open(log, "ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            cwd=cwd,
            start_new_session=True,
            # After the change of user: changing it would forget the signal.
            preexec_fn=die_with_parent,
            **run_as(user),
        )


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def end(child, sent=signal.SIGTERM, patience=10):
    """Ask a child to end, then insist."""
    if child.poll() is None:
        child.send_signal(sent)
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    return child.returncode
