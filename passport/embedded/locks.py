"""File locks that the kernel drops when their holder dies, so that kill -9 leaves nothing to clear up.

`flock` belongs to the open file, not to the process: a forked child shares its parent's lock and would keep it after
the parent has died. So no lock outlives `exec` (`O_CLOEXEC`), and a forked child closes its copies at once, which
leaves the parent's lock as it is. Where a child is meant to hold a lock, its descriptor is passed on by name.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_open_descriptors: set[int] = set()


@contextmanager
def exclusive(path: Path) -> Iterator[int]:
    """Wait for the lock, hold it alone, and give its descriptor for a child process that shall hold it too."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        close(descriptor)


def is_held(path: Path) -> bool:
    """Say whether any process holds the lock now."""
    descriptor = _open(path)
    try:
        return not become_only_holder(descriptor)
    finally:
        close(descriptor)


def share(path: Path) -> int:
    """Wait for the lock, hold it beside others, and return its descriptor, to be given to `close`."""
    descriptor = _open(path)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    return descriptor


def become_only_holder(descriptor: int) -> bool:
    """Turn a lock into an exclusive one without waiting; say whether nobody else held it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def close(descriptor: int) -> None:
    """Give the lock back."""
    _open_descriptors.discard(descriptor)
    os.close(descriptor)


def _open(path: Path) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    _open_descriptors.add(descriptor)
    return descriptor


def _close_in_forked_child() -> None:
    while _open_descriptors:
        os.close(_open_descriptors.pop())


os.register_at_fork(after_in_child=_close_in_forked_child)
