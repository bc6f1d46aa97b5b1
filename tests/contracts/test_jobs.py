"""Work that a lower room asks for by name is known to the worker."""

import ast
from collections.abc import Iterator
from pathlib import Path

from passport import app, jobs

PACKAGE = Path(app.__file__).parent
ASKING = {"defer", "defer_once"}


def names_asked_for() -> Iterator[str]:
    """Yield the job names in calls of `jobs.defer`, given as text or by a constant of the same module."""
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in ASKING:
                name = call.args[1] if len(call.args) > 1 else None
                if isinstance(name, ast.Constant):
                    yield str(name.value)
                elif isinstance(name, ast.Name) and name.id in constants:
                    yield str(constants[name.id])


def test_every_job_that_is_asked_for_is_known_to_the_worker() -> None:
    asked = set(names_asked_for())
    assert {"issuing.reissue", "holder.stop_shares"} <= asked
    assert asked - jobs.app.tasks.keys() == set()
