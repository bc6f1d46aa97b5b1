"""A keyring of its own for each test, with the example keys allowed."""

import pytest

from passport.settings import Settings
from passport.signing import keyring


@pytest.fixture(autouse=True)
def ring(settings: Settings) -> keyring.Keyring:
    return keyring.configure(settings)
