"""The names of people: which text is one, and when to look at it twice.

A name has letters of any script, their marks, apostrophes, hyphens, blanks and periods, in Unicode NFC. What can't be
seen, turns the direction of writing, or is a picture is refused, because it would make one name look like another or
break a page. Zero-width joiners are allowed where Persian and Indic scripts need them. A name that mixes scripts is
possible and suspicious (a Cyrillic `Ѕ` in `Ѕmith`): it is flagged for a person and never refused. What a name says
about identity is no matter of this module: names only ever confirm or cast doubt (`matching`).

The script of a letter is the first word of its Unicode name: Python knows no better, and it is enough to flag.
"""

import re
import unicodedata
from typing import Final

from passport.errors import Fault, Invalid

MAX_CHARACTERS: Final = 200
MAX_MARKS_ON_A_LETTER: Final = 4  # UTS 39, section 5.4
PUNCTUATION: Final = frozenset("'’ʼ-‐‑ .")
BLANKS: Final = re.compile(r"[ \u00a0\u202f]+")
JOINERS: Final = frozenset("\u200c\u200d")
# Scripts in which a joiner changes how letters are shaped.
JOINING_SCRIPTS: Final = frozenset((
    "ARABIC", "SYRIAC", "MONGOLIAN", "DEVANAGARI", "BENGALI", "GURMUKHI", "GUJARATI", "ORIYA", "TAMIL", "TELUGU",
    "KANNADA", "MALAYALAM", "SINHALA", "MYANMAR", "KHMER",
))  # fmt: skip
# Letters and marks that have no shape of their own (Unicode's Default_Ignorable_Code_Point).
SHAPELESS: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)
# Scripts that one name may mix: Japanese and Korean do.
EAST_ASIAN: Final = frozenset(("CJK", "HIRAGANA", "KATAKANA", "IDEOGRAPHIC"))
EAST_ASIAN_TOO: Final = {"HANGUL": "CJK", "BOPOMOFO": "CJK"}


def normalise(text: str, *, pointer: str) -> str:
    """Return a name as it is stored: Unicode NFC, trimmed, with single plain blanks.

    Args:
        text: the name as given.
        pointer: where it stood in the input, for the fault.

    Raises:
        Invalid: it is empty or too long, or holds what a name does not.
    """
    name = BLANKS.sub(" ", unicodedata.normalize("NFC", text)).strip(" ")
    if not 1 <= len(name) <= MAX_CHARACTERS:
        raise _wrong(pointer, f"A name has 1 to {MAX_CHARACTERS} characters.")
    if not any(character.isalpha() for character in name):
        raise _wrong(pointer, "A name has at least one letter.")
    if SHAPELESS.search(name) or not all(_allowed(name, place) for place in range(len(name))):
        raise _wrong(pointer, "A name has only letters, apostrophes, hyphens, blanks and periods.")
    return name


def mixes_scripts(name: str) -> bool:
    """Say whether a name mixes scripts that names do not mix, so that a person should look at it."""
    scripts = {_script(character) for character in name if unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lo")}
    scripts = {EAST_ASIAN_TOO.get(script, script) for script in scripts}
    return len({"CJK" if script in EAST_ASIAN else script for script in scripts}) > 1


def fold(name: str) -> str:
    """Return a name for comparison: without case, accents, blanks and punctuation."""
    return "".join(filter(_sounds, unicodedata.normalize("NFKD", name.casefold())))


def _sounds(character: str) -> bool:
    """Say whether a character is a letter or digit, or a vowel sign of an Indic script; accents are neither."""
    is_mark = unicodedata.category(character).startswith("M")
    return not unicodedata.combining(character) if is_mark else character.isalnum()


def _allowed(name: str, place: int) -> bool:
    character = name[place]
    category = unicodedata.category(character)
    if category in ("Mn", "Mc"):
        return _carries_marks(name, place)
    if character in JOINERS:
        return place > 0 and place + 1 < len(name) and _script(name[place - 1]) in JOINING_SCRIPTS
    return category.startswith("L") or character in PUNCTUATION


def _carries_marks(name: str, place: int) -> bool:
    """Say whether a letter stands before this mark with not too many marks between."""
    for back in range(1, MAX_MARKS_ON_A_LETTER + 1):
        if back > place:
            return False
        before = name[place - back]
        if unicodedata.category(before).startswith("L") or before in JOINERS:
            return True
        if unicodedata.category(before) not in ("Mn", "Mc"):
            return False
    return False


def _script(character: str) -> str:
    return re.split("[ -]", unicodedata.name(character, "UNKNOWN"), maxsplit=1)[0]


def _wrong(pointer: str, message: str) -> Invalid:
    return Invalid(message, (Fault(pointer, message),))
