"""Why a credential is refused: one class and one stable code for each reason.

`CredentialError` is the root, so a caller that only wants to know "good or not" catches one class. Below it stand the
branches in which a person would sort the reasons: the text itself (`UnreadableError`), the token's envelope
(`EnvelopeError`), its key and signature (`SignatureError`), its claims (`ClaimsError`), its disclosures
(`DisclosureError`), the holder's proof (`KeyBindingError`), the status list (`StatusError`), the trust list
(`TrustError`) and the offline QR (`QrError`).

Each class's docstring is the sentence that people read. The code is what leaves the service (`reason` of a verdict)
and never changes; the text may. Neither ever holds personal data or a piece of the token. `could_not_check` marks the
reasons that say nothing about the credential: the verifier lacked something current to check it with.
"""

from typing import ClassVar


class CredentialError(Exception):
    """A credential, or a list that it is checked against, is refused.

    Args:
        detail: what in particular was wrong, for a developer; without personal data.
    """

    code: ClassVar[str] = "malformed"
    sentence: ClassVar[str]
    could_not_check: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.sentence = cls.__doc__ or cls.code

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.code}: {detail}" if detail else self.code)
        self.detail = detail


class UnreadableError(CredentialError):
    """The text can't be read as what it should be."""


class EnvelopeError(CredentialError):
    """The token's header is not one that we accept."""


class SignatureError(CredentialError):
    """The key is unknown or not allowed, or the signature is not right."""


class ClaimsError(CredentialError):
    """A claim is missing, has the wrong type, or says what can't be."""


class DisclosureError(CredentialError):
    """A disclosure breaks a rule of RFC 9901 section 7.1."""


class KeyBindingError(CredentialError):
    """The holder's proof is missing or wrong (RFC 9901 section 7.3)."""


class StatusError(CredentialError):
    """The status list is wrong, missing or too old."""


class TrustError(CredentialError):
    """The trust list or its root is wrong, missing or too old."""


class QrError(CredentialError):
    """The text of an offline QR code is refused."""


class MalformedError(UnreadableError):
    """The text does not have the form of a staff passport."""

    code = "malformed"


class TooLargeError(UnreadableError):
    """The text is longer than any staff passport."""

    code = "too_large"


class JsonInvalidError(UnreadableError):
    """A part of the token is not strict JSON."""

    code = "json_invalid"


class JsonDuplicateKeyError(UnreadableError):
    """A JSON object in the token names a member twice."""

    code = "json_duplicate_key"


class AlgNotAllowedError(EnvelopeError):
    """The token is not signed with ES256."""

    code = "alg_not_allowed"


class TypMismatchError(EnvelopeError):
    """The token is of another kind than was expected here."""

    code = "typ_mismatch"


class CritUnsupportedError(EnvelopeError):
    """The token demands an extension that we do not have."""

    code = "crit_unsupported"


class HeaderForbiddenError(EnvelopeError):
    """The token header carries a member that must not be there."""

    code = "header_forbidden"


class KidMissingError(EnvelopeError):
    """The token does not name the key that signed it."""

    code = "kid_missing"


class KidUnknownError(SignatureError):
    """The key that the token names is not in the trust list."""

    code = "kid_unknown"


class KeyNotForIssuerError(SignatureError):
    """The key belongs to another issuer."""

    code = "key_not_for_issuer"


class KeyNotForPurposeError(SignatureError):
    """The key may not sign this kind of token."""

    code = "key_not_for_purpose"


class KeyRetiredError(SignatureError):
    """The key was out of use when it signed this."""

    code = "key_retired"


class KeyRevokedError(SignatureError):
    """The key was compromised: nothing that it signed can be trusted."""

    code = "key_revoked"


class SignatureInvalidError(SignatureError):
    """The signature does not match: the text was changed, or was never genuine."""

    code = "signature_invalid"


class IssuerUntrustedError(SignatureError):
    """The issuer is not in the trust list."""

    code = "issuer_untrusted"


class VctUnknownError(ClaimsError):
    """The credential is not a staff passport."""

    code = "vct_unknown"


class ClaimMissingError(ClaimsError):
    """A claim that must be there is missing."""

    code = "claim_missing"


class ClaimTypeError(ClaimsError):
    """A claim does not have the right type or form."""

    code = "claim_type"


class NotYetValidError(ClaimsError):
    """The credential is not valid yet."""

    code = "not_yet_valid"


class IatFutureError(ClaimsError):
    """The credential says that it was issued in the future."""

    code = "iat_future"


class DisclosureMalformedError(DisclosureError):
    """A disclosure can not be read."""

    code = "disclosure_malformed"


class DisclosureUnreferencedError(DisclosureError):
    """A disclosure does not belong to this credential."""

    code = "disclosure_unreferenced"


class DisclosureReservedNameError(DisclosureError):
    """A disclosure uses a name that is reserved."""

    code = "disclosure_reserved_name"


class DisclosureDuplicateError(DisclosureError):
    """A disclosure is there twice, or names a claim that is there already."""

    code = "disclosure_duplicate"


class DigestDuplicateError(DisclosureError):
    """The credential holds the same digest twice."""

    code = "digest_duplicate"


class SdAlgUnsupportedError(DisclosureError):
    """The credential uses another hash than SHA-256."""

    code = "sd_alg_unsupported"


class ClaimNotDisclosableError(DisclosureError):
    """A claim that must always be visible was hidden in a disclosure."""

    code = "claim_not_disclosable"


class KbMissingError(KeyBindingError):
    """The proof that the holder has the key is missing."""

    code = "kb_missing"


class KbUnexpectedError(KeyBindingError):
    """There is a proof of the holder where none was asked for."""

    code = "kb_unexpected"


class KbInvalidError(KeyBindingError):
    """The proof of the holder is not right."""

    code = "kb_invalid"


class KbAudError(KeyBindingError):
    """The proof of the holder was made for somebody else."""

    code = "kb_aud"


class KbNonceError(KeyBindingError):
    """The proof of the holder answers another question."""

    code = "kb_nonce"


class KbStaleError(KeyBindingError):
    """The proof of the holder is too old, or from the future."""

    code = "kb_stale"


class KbSdHashError(KeyBindingError):
    """The proof of the holder was made for another choice of records."""

    code = "kb_sd_hash"


class StatusMalformedError(StatusError):
    """The status list can not be read."""

    code = "status_malformed"


class StatusUriMismatchError(StatusError):
    """The status list is not the one that the credential names."""

    code = "status_uri_mismatch"


class StatusIndexOutOfRangeError(StatusError):
    """The credential points past the end of its status list."""

    code = "status_index_out_of_range"


class StatusRolledBackError(StatusError):
    """The status list is older than one that was seen before."""

    code = "status_rolled_back"


class StatusStaleError(StatusError):
    """The status list is too old to say whether the credential was withdrawn."""

    code = "status_stale"
    could_not_check = True


class StatusMissingError(StatusError):
    """There is no status list to check the credential with."""

    code = "status_missing"
    could_not_check = True


class TrustListStaleError(TrustError):
    """The trust list is too old to check with."""

    code = "trust_list_stale"
    could_not_check = True


class TrustListRolledBackError(TrustError):
    """The trust list is older than one that was seen before."""

    code = "trust_list_rolled_back"


class QrMalformedError(QrError):
    """The text is not a staff passport QR code."""

    code = "qr_malformed"


class QrVersionError(QrError):
    """The QR code is of a version that this program does not know."""

    code = "qr_version"


class QrCodeListUnknownError(QrError):
    """The QR code uses a newer code list than the one at hand."""

    code = "qr_code_list_unknown"
    could_not_check = True


def every_reason() -> dict[str, type[CredentialError]]:
    """Return each reason code with its class: for documentation, and for tests that none was forgotten."""
    branches = CredentialError.__subclasses__()
    return {reason.code: reason for branch in branches for reason in branch.__subclasses__()}
