"""Processes that use the embedded server: to share it, to be killed, or to be somebody else."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from passport.embedded import locks
from passport.embedded.cluster import stop
from passport.embedded.places import places_for

REPOSITORY = Path(__file__).resolve().parents[1]
NOBODY = 65534

# Use the server, tell where its socket is, and leave when standard input ends.
USE_UNTIL_INPUT_ENDS = """
import sys
from pathlib import Path
from passport.embedded import ensure_running
print(ensure_running(Path(sys.argv[1]), durable=False).url(), flush=True)
sys.stdin.read()
"""


# Whoever runs the tests in the background ignores Ctrl-C, and what they start inherits that.
TAKE_CTRL_C = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"

# Imports come first: this Python itself may lie in a folder of root that the ordinary user can't enter.
BECOME_ORDINARY = """
import os, passport.embedded
os.setgroups([])
os.setgid({user_id})
os.setuid({user_id})
"""


def start_python(script: str, *arguments: object, user_id: int | None = None) -> subprocess.Popen[str]:
    """Start a script in a session of its own, without anything of our environment, perhaps as another user."""
    script = TAKE_CTRL_C + script
    if user_id is not None:
        script = BECOME_ORDINARY.format(user_id=user_id) + script
    return subprocess.Popen(
        [sys.executable, "-B", "-c", script, *map(str, arguments)],
        cwd=REPOSITORY,
        env={"PATH": os.defpath},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run_python(script: str, *arguments: object) -> None:
    """Run a script to its end, which must be a good one, without a complaint."""
    with start_python(script, *arguments) as process:
        _, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")


def first_line(process: subprocess.Popen[str]) -> str:
    """Wait until the process says something."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline().strip()
    assert line, process.stderr.read()
    return line


@contextmanager
def another_user(home: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server of `home` till the end of the block, or till it is killed within."""
    with start_python(USE_UNTIL_INPUT_ENDS, home) as process:
        try:
            yield process
        finally:
            process.communicate()


def runs(home: Path) -> bool:
    """Say whether any process of the server of `home` is alive."""
    return locks.is_held(places_for(home).server_lock)


def postmaster_id(home: Path) -> int:
    """Return the id of the server's first process."""
    return int((places_for(home).data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])


def remove_server(home: Path) -> None:
    """Stop what may still run and delete it all, the system folder's part too."""
    places = places_for(home)
    stop(places)
    shutil.rmtree(places.base)
