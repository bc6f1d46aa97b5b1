"""The example keys of `keys/example/`: published, and so worthless; for a demonstration on one's own machine.

Their thumbprints are known by heart (`example_thumbprints.json`), so no service takes one by accident: `refuse` does
unless the setting `PASSPORT_EXAMPLE_KEYS` says yes. A checkout has files that everybody can read, and a key file may
not be like that, so `copy` puts them into the service's home with mode 0600.
"""

import json
from functools import cache
from pathlib import Path
from typing import Final

from passport.signing.back_ends import KeyUnusable
from passport.signing.certificates import Chain
from passport.signing.key_files import write_private

FOLDER: Final = Path(__file__).resolve().parents[2] / "keys" / "example"
THUMBPRINTS: Final = Path(__file__).with_name("example_thumbprints.json")
PASSPHRASE: Final = "everybody knows this passphrase"  # noqa: S105 (published, as the keys that it opens)


@cache
def thumbprints() -> dict[str, str]:
    """Return the thumbprint of each example key, by the purpose of the key (`root` and `ca` among them)."""
    known: dict[str, str] = json.loads(THUMBPRINTS.read_text(encoding="utf-8"))
    return known


def refuse(kid: str, chain: Chain | None) -> None:
    """Refuse an example key, known by its thumbprint or by the subject of its certificate.

    Raises:
        KeyUnusable: it is one.
    """
    if kid in thumbprints().values() or (chain is not None and chain.is_example):
        raise KeyUnusable("This is a published example key. Make your own with: passport keys create")


def copy(purpose: str, home: Path) -> str:
    """Copy an example key to a service's home, once, and return its URI."""
    place = Path("keys") / f"example-{purpose}.pem"
    if not (home / place).exists():
        write_private(home / place, (FOLDER / f"{purpose}.pem").read_bytes())
    return f"file:{place}"
