"""Private keys in files: what is opened, and every way in which one is refused (KEY-001, -002, -005, -024)."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from credentials.keys import MemorySigner
from passport.signing import back_ends
from passport.signing.back_ends import KeyUnusable, open_signer
from passport.signing.key_files import encrypted_pem, new_private_key, write_private

PASSPHRASE = "an invented passphrase"
ROUNDS = 1000


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "mine.pem"
    write_private(path, encrypted_pem(new_private_key(), PASSPHRASE, rounds=ROUNDS))
    return path


def test_a_key_that_was_written_opens_again_and_signs(key_file: Path, tmp_path: Path) -> None:
    signer = open_signer("file:keys/mine.pem", home=tmp_path, passphrase=PASSPHRASE)
    signer.public.verify(signer.sign(b"message"), b"message")


def test_openssl_opens_a_key_file_too(key_file: Path) -> None:
    command = ["openssl", "pkey", "-in", str(key_file), "-passin", f"pass:{PASSPHRASE}", "-noout", "-text"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "prime256v1" in printed


def test_a_key_file_costs_an_attacker_600_000_rounds(tmp_path: Path) -> None:
    path = tmp_path / "real.pem"
    write_private(path, encrypted_pem(new_private_key(), PASSPHRASE))
    command = ["openssl", "asn1parse", "-in", str(path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f":{600_000:06X}" in printed


def test_a_wrong_passphrase_is_refused_without_naming_it(key_file: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable) as refused:
        open_signer("file:keys/mine.pem", home=tmp_path, passphrase="another passphrase")
    assert "another" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_missing_passphrase_is_asked_for(key_file: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="PASSPORT_KEY_PASSPHRASE"):
        open_signer("file:keys/mine.pem", home=tmp_path, passphrase=None)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o610, 0o602])
def test_a_key_file_that_others_can_touch_is_refused(key_file: Path, tmp_path: Path, mode: int) -> None:
    key_file.chmod(mode)
    with pytest.raises(KeyUnusable, match="0600"):
        open_signer("file:keys/mine.pem", home=tmp_path, passphrase=PASSPHRASE)


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="can't be read"):
        open_signer("file:keys/none.pem", home=tmp_path, passphrase=PASSPHRASE)


def test_a_key_that_is_not_encrypted_is_refused(tmp_path: Path) -> None:
    pem = new_private_key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    write_private(tmp_path / "plain.pem", pem)
    with pytest.raises(KeyUnusable, match="not an encrypted"):
        open_signer("file:plain.pem", home=tmp_path, passphrase=PASSPHRASE)


@pytest.mark.parametrize("other", [ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)])
def test_only_keys_on_p256_are_taken(tmp_path: Path, other: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    pem = other.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSPHRASE.encode()),
    )
    write_private(tmp_path / "other.pem", pem)
    with pytest.raises(KeyUnusable, match="P-256"):
        open_signer("file:other.pem", home=tmp_path, passphrase=PASSPHRASE)


@pytest.mark.parametrize("uri", ["pkcs11:token=x", "keys/mine.pem", "", "FILE:keys/mine.pem", "https://x/y"])
def test_an_unknown_scheme_names_those_that_are_known(tmp_path: Path, uri: str) -> None:
    with pytest.raises(KeyUnusable, match="Known: file:"):
        open_signer(uri, home=tmp_path, passphrase=PASSPHRASE)


def test_another_back_end_joins_by_its_scheme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = new_private_key()
    monkeypatch.setitem(back_ends.BACK_ENDS, "pkcs11", lambda _location: MemorySigner(key))
    signer = open_signer("pkcs11:object=passport", home=tmp_path, passphrase=None)
    assert signer.public == MemorySigner(key).public


def test_a_key_file_is_never_overwritten(key_file: Path) -> None:
    with pytest.raises(FileExistsError):
        write_private(key_file, b"anything")


def test_a_key_file_is_for_its_owner_alone(key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert key_file.parent.stat().st_mode & 0o777 == 0o700
