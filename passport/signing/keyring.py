"""The private keys that this process has opened, and the settings that say how to open them.

A key is opened once and then kept. Before its first use it must be the key that the database names, carry the
certificate that its purpose needs, and pass a test of its own: what it signs, its public key verifies. `configure` is
called where a process starts; without it the environment's settings hold.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from credentials.errors import CredentialError
from credentials.keys import Signer
from passport.settings import Settings
from passport.signing import example_keys
from passport.signing.back_ends import KeyUnusable, open_signer
from passport.signing.certificates import check, read_chain
from passport.signing.models import SigningKey

SELF_TEST: Final = b"staff-passport/self-test/1"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one process."""

    settings: Settings
    _opened: dict[tuple[str, str], Signer] = field(default_factory=dict, repr=False)

    def open_uri(self, uri: str) -> Signer:
        """Open a private key and test it.

        Raises:
            KeyUnusable: its back end refuses it, or it does not verify what it signs.
        """
        passphrase = self.settings.key_passphrase
        if passphrase is None and self.settings.example_keys:
            passphrase = example_keys.PASSPHRASE
        signer = open_signer(uri, home=self.settings.home, passphrase=passphrase)
        try:
            signer.public.verify(signer.sign(SELF_TEST), SELF_TEST)
        except CredentialError as error:
            raise KeyUnusable("The key does not verify what it signs.") from error
        return signer

    def open(self, key: SigningKey, *, now: datetime) -> Signer:
        """Return the signer of a key, opened and checked at first, remembered then.

        Raises:
            KeyUnusable: it can't be opened, it is another key, or an example key where none is allowed.
            CertificateUnsuitable: the certificate of a passport key does not fit, or has run out.
        """
        known = self._opened.get((key.kid, key.uri))
        if known is not None:
            return known
        signer = self.open_uri(key.uri)
        if signer.public.kid != key.kid:
            raise KeyUnusable("The private key is not the one that was published under this name.")
        self.check(key, signer, now=now)
        self._opened[key.kid, key.uri] = signer
        return signer

    def check(self, key: SigningKey, signer: Signer, *, now: datetime) -> None:
        """Check a key's certificate, and that it is no example key where none is allowed.

        Raises:
            KeyUnusable, CertificateUnsuitable: it does not pass.
        """
        chain = read_chain(key.certificate_pem) if key.certificate_pem else None
        if not self.settings.example_keys:
            example_keys.refuse(key.kid, chain)
        if key.purpose == "passport":
            if chain is None:
                raise KeyUnusable("A passport key needs a certificate: passport keys certificate KID FILE")
            check(chain, key=signer.public, issuer=self.settings.issuer, now=now)


_current: Keyring | None = None


def configure(settings: Settings) -> Keyring:
    """Say which settings this process opens its keys by. Keys that are open already are forgotten."""
    global _current
    _current = Keyring(settings)
    return _current


def current() -> Keyring:
    """Return this process's keyring."""
    return _current or configure(Settings.from_env())
