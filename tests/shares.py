"""What members of staff share in tests: made on the own pages, and opened by somebody else."""

import re
from dataclasses import dataclass
from typing import Any

from tests.holders import Holder, share_answers
from tests.visitors import Browser

BORN_ON = {"born_on-day": "3", "born_on-month": "2", "born_on-year": "1990"}  # PersonFactory's
WRONG_BIRTHDAY = {**BORN_ON, "born_on-day": "4"}
WHO = {"said_by": "Ines Inventedname, Invented Coast"}
SHARES = "/my-passport/shares"


@dataclass(frozen=True)
class Shared:
    """What the holder was shown when the share was made, and where."""

    link: str
    code: str
    at: str


def begin(holder: Holder, **changes: Any) -> str:
    """Answer every question of a new share, and return the address of the page that shows the answers."""
    answers = holder.browser.http.get(f"{SHARES}/new").location
    kept = holder.browser.post(answers, share_answers(holder.nurse.award_id, **changes))
    assert kept.status_code == 303, kept.text
    return str(kept.location)


def shown(page: str, at: str) -> Shared:
    """Read the link and the code."""
    link = re.search(r'id="link">http://127\.0\.0\.1:8000(/shared/[^<]+)<', page)
    code = re.search(r'class="app-code">([^<]+)<', page)
    assert link
    assert code
    return Shared(link[1], code[1], at)


def open_with(receiver: Browser, address: str, **fields: str) -> tuple[int, str]:
    """Try to open a share, and return the status and the page to which that leads."""
    answer = receiver.post(address, {**BORN_ON, **WHO, **fields}, form_at="/shared")
    if answer.status_code == 303:
        return 200, receiver.get(answer.location)
    return answer.status_code, answer.text
