"""Where private keys lie: one back end for each URI scheme, each gives a `credentials.keys.Signer`.

    file:keys/passport-1.pem     an encrypted PKCS#8 PEM; a relative path is taken from the service's home
    BACK_ENDS["pkcs11"] = ...    another place joins by its scheme, as a function from `Location` to a signer

A key file that others can read, that is not encrypted, whose passphrase is wrong or whose key is not on P-256 is
refused with a sentence that names no secret. A wrong passphrase or PIN is never tried again: tokens lock themselves.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from credentials.keys import MemorySigner, Signer
from passport.errors import PassportError

READABLE_BY_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class KeyUnusable(PassportError):
    """A private key can't be used. The service does not start with it, and signs nothing."""

    code = "key_unusable"
    title = "A signing key can't be used"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a key lies: what follows the scheme in its URI, and what is needed to open it."""

    place: str
    home: Path
    passphrase: str | None = field(repr=False)


def open_file(location: Location) -> Signer:
    """Open a key in an encrypted PEM file that nobody else can read.

    Raises:
        KeyUnusable: missing, readable by others, not encrypted, the wrong passphrase, or not on P-256.
    """
    path = location.home / location.place
    try:
        with path.open("rb") as opened:
            if stat.S_IMODE(path.stat().st_mode) & READABLE_BY_OTHERS:
                raise KeyUnusable(f"Others can read the key file {path.name}. Set its mode to 0600.")
            pem = opened.read()
    except OSError as error:
        raise KeyUnusable(f"The key file {path.name} can't be read.") from error
    return MemorySigner(_private_key(pem, path.name, location.passphrase))


def _private_key(pem: bytes, name: str, passphrase: str | None) -> ec.EllipticCurvePrivateKey:
    if b"-----BEGIN ENCRYPTED PRIVATE KEY-----" not in pem:
        raise KeyUnusable(f"The key file {name} is not an encrypted PKCS#8 PEM.")
    if passphrase is None:
        raise KeyUnusable("The key files are encrypted. Set PASSPORT_KEY_PASSPHRASE or PASSPORT_KEY_PASSPHRASE_FILE.")
    try:
        key = load_pem_private_key(pem, passphrase.encode())
    except ValueError:
        raise KeyUnusable(f"The passphrase does not open the key file {name}.") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise KeyUnusable(f"The key in {name} is not on the curve P-256.")
    return key


BACK_ENDS: Final[dict[str, Callable[[Location], Signer]]] = {"file": open_file}


def open_signer(uri: str, *, home: Path, passphrase: str | None) -> Signer:
    """Open the private key that a URI names.

    Args:
        uri: `scheme:place`, the scheme one of `BACK_ENDS`.
        home: the folder that a relative file is looked for in.
        passphrase: opens encrypted files; a back end that needs none ignores it.

    Raises:
        KeyUnusable: the scheme is unknown, or its back end refuses the key.
    """
    scheme, colon, place = uri.partition(":")
    if not colon or scheme not in BACK_ENDS:
        known = ", ".join(f"{name}:" for name in sorted(BACK_ENDS))
        raise KeyUnusable(f"There is no key back end for this address. Known: {known}")
    return BACK_ENDS[scheme](Location(place, home, passphrase))
