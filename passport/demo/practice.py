"""The levels of practice, credentials and trainees of the last years, as the Academy's older records would be imported.

What needs somebody's word, step by step, is made by the services (`applications`).
"""

from datetime import timedelta
from typing import Final

from credentials.records import RecognitionRoute
from passport.awards.recognition import PILLARS
from passport.demo.files import read
from passport.demo.filling import ACADEMY, ACTOR, AWARDS, Filling, Staff
from passport.recognition.steps import STEPS_OF, deadlines

PROGRAMME: Final = "MSc Advanced Practice (invented)"
YEARS: Final = 3 * 365  # how far back recognitions and credentials go
RECENT: Final = 280  # days since an application by ePortfolio began: none has missed its last day
RECOGNITIONS: Final = (
    "recognition (person_id, organisation_id, level, edition, route, pillars, base_profession, recognised_on, "
    "recorded_at, recorded_by)"
)
APPLICATIONS: Final = (
    "recognition_application (id, person_id, organisation_id, employer_id, route, level, edition, base_profession, "
    "programme, begun_on, step, evidence_due_on, submission_due_on, recorded_at, recorded_by)"
)
STEPS: Final = "application_step (application_id, step, reached_on, recorded_at, recorded_by)"


def recognise(filling: Filling, people: Staff) -> None:
    """Recognise people at their level, each at some time of the last years, by either route."""
    filling.copy(RECOGNITIONS, (
        (id_, filling.organisations[ACADEMY], one.role, "2025", _route(place), _pillars(one.role), one.profession,
         filling.day(YEARS), filling.now, ACTOR)
        for place, (id_, one) in enumerate(people)
    ))  # fmt: skip


def award_credentials(filling: Filling, people: Staff) -> None:
    """Spread the credentials of the catalogue over their holders, the real one and the invented ones."""
    codes = ["MPC-PAEDIATRICS", *(row["code"] for row in read("credentials.csv"))]
    places = [filling.standard(code) for code in codes]
    filling.copy(AWARDS, (
        (id_, filling.organisations[ACADEMY], *places[turn % len(places)], 0, filling.day(YEARS), "blended", True,
         "document_and_record", "authoritative", filling.now, ACTOR)
        for turn, (id_, _) in enumerate(people)
    ))  # fmt: skip


def enrol(filling: Filling, people: Staff) -> None:
    """Begin an application for every trainee: on a programme, or by ePortfolio up to the learning needs analysis."""
    academy, applications, steps = filling.organisations[ACADEMY], [], []
    for turn, (id_, (person_id, one)) in enumerate(zip(filling.ids(len(people)), people, strict=True)):
        route = _route(turn)
        eportfolio = route == "eportfolio"
        begun_on = filling.day(RECENT, least=90)
        reached = STEPS_OF[route][: turn % 6 // 2 + 1 if eportfolio else 1]
        days = [begun_on + timedelta(days=30 * place) for place in range(len(reached))]
        due = deadlines(days[-1]) if "learning_needs_analysis" in reached else (None, None)
        employer, programme = (filling.organisations[one.employer], None) if eportfolio else (None, PROGRAMME)
        applications.append((id_, person_id, academy, employer, route, "advanced", "2025", one.profession, programme,
                             begun_on, reached[-1], *due, filling.now, ACTOR))  # fmt: skip
        steps += [(id_, step, day, filling.now, ACTOR) for step, day in zip(reached, days, strict=True)]
    filling.copy(APPLICATIONS, applications)
    filling.copy(STEPS, steps)


def _route(turn: int) -> RecognitionRoute:
    return "programme" if turn % 2 else "eportfolio"


def _pillars(level: str) -> list[str]:
    return list(PILLARS[:2] if level == "enhanced" else PILLARS)
