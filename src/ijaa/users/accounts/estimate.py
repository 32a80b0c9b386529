"""How many guesses a password takes, judged by the lists of common passwords, names and words zxcvbn ships."""

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


def guesses(password: str) -> float:
    """Return about how many guesses the password takes, for passwords of any length and make within milliseconds."""
    judged = password[:_JUDGED]
    if not judged:
        return 0
    if _spellings(judged) <= _SPELLINGS:
        return float(zxcvbn(judged)["guesses"])
    # without look-alikes there is nothing to combine: once read as words, once as digits and signs
    return min(float(zxcvbn(judged.translate(table))["guesses"]) for table in (_AS_LETTERS, _AS_SIGNS))


def _spellings(password: str) -> int:
    meant = defaultdict(set)
    for letter, signs in L33T_TABLE.items():
        for sign in set(signs) & set(password):
            meant[letter].add(sign)
    return prod(len(signs) for signs in meant.values())
