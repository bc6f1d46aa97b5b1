"""An invented issuer, its trust list and status list, and any number of invented staff, for the benchmarks.

Each member of staff has a passport of 20 disclosable claims (number, two names, employer, a registration, eleven
subjects, three credentials, advanced practice) and a key of their own in a wallet. All is made up and made again the
same; only the time is that of the run, because some of the compared packages ask the clock themselves.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec

from credentials.catalogue import Standard
from credentials.code_list import WORDS, CodeList
from credentials.key_binding import Question, bind
from credentials.keys import MemorySigner
from credentials.passport_type import to_claims
from credentials.records import (
    AdvancedPractice,
    Assurance,
    Award,
    Employer,
    Issuer,
    PassportContent,
    Registration,
)
from credentials.sd_jwt import Presentation, read_disclosures, split_presentation
from credentials.sd_jwt_vc import StatusReference, Terms, prepare
from credentials.status_list import ENTRIES, StatusLists, bits_of, issue_status_list
from credentials.trust import Organisation, TrustedKey, TrustList, TrustListContent

ISSUER: Final = "https://passport.example"
STATUS_URI: Final = f"{ISSUER}/status-lists/1"
AUDIENCE: Final = "https://verifier.example"
DISCLOSURES: Final = 20
SHOWN_CLAIMS: Final = frozenset({"sub", "given_name", "family_name"})  # and one award of training
DAY: Final = timedelta(days=1)
RATE: Final = 100  # one in so many passports is withdrawn

VALE: Final = Issuer(ods="X1V2A", name="Invented Vale NHS Trust", kind="nhs_trust")
COLLEGE: Final = Issuer(ods="X2C3B", name="Invented College of Practice", kind="education_provider")
ACADEMY: Final = Issuer(ods="X3A4C", name="Invented Academy", kind="academy")


@cache
def private_key(number: int) -> ec.EllipticCurvePrivateKey:
    """Return a key that is the same in each run."""
    return ec.derive_private_key(number, ec.SECP256R1())


SIGNER: Final = MemorySigner(private_key(101))
QR_SIGNER: Final = MemorySigner(private_key(102))


@cache
def standards() -> tuple[Standard, ...]:
    """Return eleven subjects and three credentials of the catalogue that ships with the service."""
    text = files("passport.standards").joinpath("data", "standards.csv").read_text(encoding="utf-8")
    lines = list(csv.DictReader(text.splitlines()))
    subjects = [line for line in lines if line["kind"] == "statutory"][:11]
    credentials = [line for line in lines if line["kind"] == "credential"][:3]
    return tuple(
        Standard(
            code=line["code"],
            number=int(line["number"]),
            kind="statutory" if line["kind"] == "statutory" else "credential",
            framework=line["framework"],
            framework_version="1.1",
            subject=line["subject"],
            title=line["title"],
            level=line["level"] or None,
            variant=line["variant"] or None,
        )
        for line in (*subjects, *credentials)
    )


def passport(number: int) -> PassportContent:
    """Return the content of one member of staff's passport: 20 disclosable claims."""
    awards = [_award(number, place, standard) for place, standard in enumerate(standards())]
    return PassportContent(
        number=f"7F3K{number:05d}",
        given_name=("Zoë", "Testa", "Aneurin", "Siân")[number % 4],
        family_name=f"Invented-{number:05d}",
        employer=Employer(ods=VALE.ods, name=VALE.name),
        registrations=(
            Registration(
                body="NMC",
                number=f"00A{number:04d}E",
                checked_at=datetime.fromisoformat("2026-07-20T00:00:00Z"),
                checked_by=VALE.ods,
                method="register_lookup",
            ),
        ),
        training=tuple(awards[:11]),
        credentials=tuple(awards[11:]),
        advanced_practice=AdvancedPractice(
            id=f"00000000-0000-7000-8001-{number:012x}",
            level="advanced",
            edition="2025",
            route="programme",
            pillars=("clinical_practice", "leadership_and_management", "education", "research"),
            base_profession="Nurse",
            recognised_on=date(2025, 9, 1),
            issuer=ACADEMY,
        ),
    )


def _award(number: int, place: int, standard: Standard) -> Award:
    awarded_on = date(2026, 1, 5) + timedelta(days=(number * 7 + place * 13) % 180)
    return Award(
        id=f"00000000-0000-7000-8000-{number * 100 + place:012x}",
        standard=standard.code,
        framework=standard.framework,
        framework_version=standard.framework_version,
        subject=standard.subject,
        level=standard.level,
        variant=standard.variant,
        awarded_on=awarded_on,
        issuer=VALE if standard.kind == "statutory" else COLLEGE,
        assurance=Assurance(
            delivery="e_learning",
            assessed=True,
            verification_method="record",
            pedigree="authoritative",
            recorded_at=datetime.fromisoformat(f"{awarded_on}T10:00:00Z"),
        ),
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A passport as a wallet shows it: 4 of its 20 claims, and the answer to a verifier's question."""

    content: PassportContent
    index: int
    plain: str
    bound: str
    question: Question


class Service:
    """The invented issuer at one instant."""

    def __init__(self, now: datetime) -> None:
        self.now = now.replace(microsecond=0)
        organisations = [
            Organisation(ods=each.ods, name=each.name, kind=each.kind) for each in (VALE, COLLEGE, ACADEMY)
        ]
        self.trust = TrustList.of(
            TrustListContent(
                iss=ISSUER,
                iat=int(self.now.timestamp()) - 3600,
                exp=int(self.now.timestamp()) + 7 * 86_400,
                seq=1,
                keys=(self._listed(SIGNER, "passport"), self._listed(QR_SIGNER, "qr")),
                organisations=tuple(organisations),
            )
        )
        self.code_list = CodeList(
            iss=ISSUER,
            iat=int(self.now.timestamp()) - 3600,
            exp=int(self.now.timestamp()) + 30 * 86_400,
            version=1,
            standards=standards(),
            words=WORDS,
        )
        self.statuses = StatusLists()
        token = self.status_token(bits_of(range(RATE - 1, ENTRIES, RATE)), STATUS_URI)
        self.statuses.add(token, uri=STATUS_URI, trust=self.trust, now=self.now)

    def _listed(self, signer: MemorySigner, purpose: str) -> TrustedKey:
        kid, jwk = signer.public.kid, signer.public.jwk
        return TrustedKey(kid=kid, jwk=jwk, purpose=purpose, state="active", active_at=self.now - 300 * DAY)

    def status_token(self, data: bytes, uri: str) -> str:
        """Sign a status list."""
        issued_at = self.now - timedelta(minutes=1)
        return issue_status_list(
            uri, data, issued_at=issued_at, expires_at=self.now + DAY, ttl=timedelta(hours=12), signer=SIGNER
        )

    def terms(self, number: int, *, holder: MemorySigner | None = None) -> Terms:
        """Return the claims of a passport that are always visible."""
        return Terms(
            issuer=ISSUER,
            issued_at=self.now - timedelta(minutes=1),
            expires_at=self.now + 30 * DAY,
            status=StatusReference(uri=STATUS_URI, idx=number),
            holder=None if holder is None else holder.public,
        )

    def issue(self, content: PassportContent, terms: Terms, seed: bytes) -> str:
        """Issue a passport, as the service does."""
        return prepare(to_claims(content), terms, seed=seed, kid=SIGNER.public.kid).sign(SIGNER)

    def plain(self, number: int) -> str:
        """Return what one member of staff shows of a passport that is bound to no wallet."""
        issued = self.issue(passport(number), self.terms(number), seed=number.to_bytes(32))
        return choose(split_presentation(issued)).text

    def show(self, number: int) -> Shown:
        """Return what one member of staff's wallet shows to a verifier that asked."""
        content, wallet = passport(number), MemorySigner(private_key(1000 + number))
        issued = self.issue(content, self.terms(number, holder=wallet), seed=number.to_bytes(32))
        chosen = choose(split_presentation(issued))
        question = Question(audience=AUDIENCE, nonce=f"question-{number}")
        bound = bind(chosen, question, signer=wallet, now=self.now)
        return Shown(content=content, index=number, plain=chosen.text, bound=bound.text, question=question)


def choose(presentation: Presentation) -> Presentation:
    """Keep 4 of a passport's disclosures: its number, the two names, and the first award of training."""
    award_id = None
    chosen = []
    for text, disclosure in zip(presentation.disclosures, read_disclosures(presentation.disclosures), strict=True):
        is_award = isinstance(disclosure.value, dict) and "standard" in disclosure.value
        if disclosure.name in SHOWN_CLAIMS or (is_award and award_id is None):
            chosen.append(text)
            award_id = disclosure.value["id"] if is_award else award_id  # type: ignore[index]  # is_award says so
    return presentation._replace(disclosures=tuple(chosen))
