"""The edge of publishing: make all documents again that need it, each in a transaction of its own.

Called by the job after every change of a source, by the clock, by commands, and where a service starts, so that there
is something to read. One document that can't be made (a code list that breaks its own rule) never holds back another (a
trust list that tells of a compromised key): all are tried, and the first failure is raised at the end.
"""

from datetime import datetime

from passport.db import transaction
from passport.publishing import service


def refresh_all(*, now: datetime) -> list[str]:
    """Make every document again that changed or runs out.

    Args:
        now: UTC.

    Returns:
        The names of those that were made again.

    Raises:
        Exception: the first failure, after all others were tried.
    """
    made: list[str] = []
    failures: list[Exception] = []
    for name in service.NAMES:
        try:
            with transaction() as session:
                if service.refresh(session, name, now=now):
                    made.append(name)
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return made
