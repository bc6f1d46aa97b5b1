"""What the tests of credentials share: where the published vectors lie, and a verifier that remembers nothing."""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import credentials.verify  # noqa: F401 - loads the module; the package's attribute is the function

VERIFY = sys.modules["credentials.verify"]


@pytest.fixture(autouse=True)
def _forgetful_verifier() -> None:
    """Let no test profit from what an earlier one opened."""
    VERIFY._REMEMBERED.clear()


@pytest.fixture
def vectors() -> Callable[[str], Any]:
    """Read a file of published test vectors; the test is skipped where they are not at hand."""
    folder = os.environ.get("SPEC_VECTORS")

    def read(name: str) -> Any:
        if not folder:
            pytest.skip("SPEC_VECTORS does not name the folder of the published test vectors")
        return json.loads((Path(folder) / name).read_text(encoding="utf-8"))

    return read
