"""The documentation says what the code does."""

import re
from pathlib import Path

from credentials.specifications import SPECIFICATIONS
from passport.esr.outcomes import CODES, OUTCOMES
from passport.settings import CONVERTERS

ROOT = Path(__file__).resolve().parents[2]


def test_every_specification_is_shown_with_its_version() -> None:
    shown = (ROOT / "docs" / "standards.md").read_text(encoding="utf-8")
    rows = [f"| {each.name} | {each.version} | {each.used_for} |" for each in SPECIFICATIONS]
    assert [line for line in shown.splitlines() if line.startswith("| ")][1:] == rows


def test_every_link_between_documents_leads_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_every_setting_is_documented() -> None:

    page = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    assert [name for name in CONVERTERS if f"`PASSPORT_{name.upper()}`" not in page] == []


def test_every_outcome_and_reason_of_an_import_is_documented() -> None:
    page = (ROOT / "docs" / "esr-import.md").read_text(encoding="utf-8")
    assert [outcome for outcome in OUTCOMES if f"| `{outcome}` | " not in page] == []
    reasons = [line for line in page.split("## The reasons")[1].splitlines() if line.startswith("| `")]
    assert reasons == [f"| `{code}` | `{outcome}` | {sentence} |" for code, (outcome, sentence) in CODES.items()]
