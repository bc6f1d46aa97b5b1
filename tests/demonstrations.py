"""Runs `passport demo` as a user would, in a home of its own, and reads the story that it tells."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

Story = dict[str, Any]


def run(home: Path) -> Story:
    """Run the demonstration to its end and return the story."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PASSPORT_")}
    done = subprocess.run(
        [sys.executable, "-m", "passport", "demo", "--no-serve", "--json"],
        env={**environment, "PASSPORT_HOME": str(home)},
        capture_output=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr.decode()
    story: Story = json.loads(done.stdout)
    return story
