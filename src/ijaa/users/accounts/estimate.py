"""How many guesses a password takes, judged by the lists of common passwords, names and words zxcvbn ships."""

import re
from collections import defaultdict
from math import prod

from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE

_JUDGED = 40
"""Characters looked at: the time grows faster than the length, and more of them only make it harder to guess."""
_SPELLINGS = 8
"""Ways to read look-alikes that are tried; zxcvbn tries all, 576 for a password made to keep it busy for seconds."""

_AS_LETTERS = str.maketrans("4@8({[<369!1|0$5+7%2", "aabcccceggiiiossttxz")
_AS_SIGNS = str.maketrans("@({[<!|$+%", "#&*-_=:;,.")
_WITHOUT_SHIFT = str.maketrans("!@#$%^&*()", "1234567890")
"""The row of digits of a keyboard as most have it."""
_DRESSED = re.compile(r"([\W\d_]*)(.*?[^\W\d_])?([\W\d_]*)", re.DOTALL)
"""What stands before the first letter, and after the last."""
_ADDED = re.compile(r"(?P<year>(?:19|20)\d\d)|(?P<run>(.)\3+|\d{2,})|.", re.DOTALL)
_RUNS = "01234567890 09876543210"
_FEW = 10.0
"""Tries a digit or a sign is worth, and a run of them like 123 or !!!."""


def guesses(password: str) -> float:
    """Return about how many guesses the password takes, for passwords of any length and make within milliseconds.

    It is the least of what it takes as it is, typed without Shift (1qaz!QAZ is a walk over the keyboard), and as a core
    of words, whatever stands between them, with what people add to it first: a year, 123, an exclamation mark.
    """
    judged = password[:_JUDGED]
    return min(_guesses(judged), _guesses(judged.translate(_WITHOUT_SHIFT).lower()), _guesses_dressed(judged))


def _guesses(judged: str) -> float:
    if not judged:
        return 0
    if _spellings(judged) <= _SPELLINGS:
        return float(zxcvbn(judged)["guesses"])
    # without look-alikes there is nothing to combine: once read as words, once as digits and signs
    return min(float(zxcvbn(judged.translate(table))["guesses"]) for table in (_AS_LETTERS, _AS_SIGNS))


def _guesses_dressed(judged: str) -> float:
    found = _DRESSED.fullmatch(judged)
    before, core, after = found.groups() if found else ("", "", "")
    if not core:
        return _guesses(judged)
    # what stands between letters may stand for one of them: p@ssword
    return min(map(_guesses, {core, re.sub(r"[\W_]+", "", core)})) * _tries(before) * _tries(after)


def _tries(added: str) -> float:
    """Return how many tries find what was added to a core."""
    tries = 1.0
    for one in _ADDED.finditer(added):
        text = one[0]
        if one["year"]:
            tries *= _FEW**2
        elif one["run"] and text.isdecimal() and text not in _RUNS and len(set(text)) > 1:
            tries *= _FEW ** len(text)
        else:
            tries *= _FEW
    return tries


def _spellings(password: str) -> int:
    meant = defaultdict(set)
    for letter, signs in L33T_TABLE.items():
        for sign in set(signs) & set(password):
            meant[letter].add(sign)
    return prod(len(signs) for signs in meant.values())
