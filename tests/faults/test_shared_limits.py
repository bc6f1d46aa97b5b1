"""Server processes that share one count: together they answer a caller no more often than one would."""

import subprocess
import sys
from collections.abc import Callable

from passport.verifying import api

# Ask until refused, at one moment, and tell how often the answer was yes.
ASK = """
import sys
from datetime import UTC, datetime
from passport import db
from passport.errors import TooMany
from passport.verifying import api
engine = db.connect(sys.argv[1])
allowed = 0
sys.stdin.readline()
try:
    while True:
        api.CHECKS.use("client", now=datetime(2026, 8, 6, 9, 0, tzinfo=UTC))
        allowed += 1
except TooMany:
    print(allowed)
engine.dispose()
"""


def test_two_servers_answer_together_as_many_checks_as_one(private_database: Callable[[str], str]) -> None:
    command = [sys.executable, "-c", ASK, private_database("web")]
    servers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for server in servers:
        assert server.stdin
        server.stdin.write("go\n")
        server.stdin.flush()
    allowed = [int(server.communicate()[0]) for server in servers]
    assert sum(allowed) == api.CHECKS.per_minute
    assert all(each % api.CHECKS.block == 0 for each in allowed)
