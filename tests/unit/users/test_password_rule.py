"""Which passwords are taken: a table of both kinds, and the time to find out."""

import random

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from ijaa.settings import LEAKED_DEFAULTS
from ijaa.users.accounts import estimate
from ijaa.users.accounts.domain import context_words, password_violations
from ijaa.users.accounts.estimate import guesses

WORDS = context_words("asha.sharma@mail.example", "Asha Sharma", "asha_s", "2009")


def said(password: str, words: frozenset[str] = WORDS) -> list[str]:
    """Return what is said against a password of Asha Sharma of 2009."""
    return [v.detail for v in password_violations(password, words, LEAKED_DEFAULTS, guesses)]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "a long enough passphrase",
        "correct horse staple",
        "my dog has fleas",
        "blue table river",
        "  Pässwörd mit Räumen  ",
        "пароль на каждый день",
        "Tr0ub4dor&3xx",
        "asha likes green bicycles",
        "the root of all cheese",
        "my password is a violet tractor",
        "x" * 3 + "fRq8vLw2" + "y",
        "correct horse battery staple " * 4 + "correct",
        "orbit-cactus-violin-lemon",
        "orbitcactusviolinlemon",
        "mango.tiger.lamp.2024",
        "Winter-Blanket-Sofa-Kite-88",
        "winter blanket sofa kite!",
        "k7#mQ2vL9xTz",
        "839201748261",
        "xZ3qLr9-TgVb",
        "Jm4kWq_8sNf2RdYxP0vCtUaE",
        "uT7" * 2 + "gHk29_QzRw-aLmPv5XyBnC3dFsJ8eK1oIb6tUq4rZwYxVcNh" * 2,
        "9f3c07be41d8",
    ],
)
def test_an_honest_password_is_taken(password: str) -> None:
    """Kills: a threshold that refuses people's passphrases; words around the account forbidden outright."""
    assert said(password) == []


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Password1234", "qwertyuiop12", "123456789012", "1234567890!@#$", "iloveyou1234",
        "letmeinletmein",
        "1qaz2wsx3edc", "abcdefghijkl", "aaaaaaaaaaaa", "            ", "abcabcabcabc", "monkey123456", "football2024",
        "P@ssw0rd12345", "trustno1trustno1", "christopher1", "changeme1234", "x" * 12, "x" * 128, "passwordpassword",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password: str) -> None:
    """Kills: the estimate left out; length alone taken for strength."""
    assert len(said(password)) == 1
    assert "use four or more words" in said(password)[0]


@pytest.mark.parametrize(
    "password",
    [
        "HelloWorld123", "Qwerty@12345", "iloveyou.1234", "ChangeMe123!", "Summer2024!!", "Liverpool2019!",
        "letmein12345!", "P@ssw0rd2024!", "Monday2024!!!", "charlie.brown1", "dragon.monkey99", "Hello_World_1",
        "1234Hello1234", "Dhaka@123456", "Superman_1234", "!!Welcome2023",
        "1qaz!QAZ2wsx", "!QAZ2wsx#EDC", "Test1234!@#$", "Qwerty!2345678",
    ],
)  # fmt: skip
def test_a_common_word_is_not_made_rare_by_what_people_add_to_it(password: str) -> None:
    """Kills: years, runs and signs counted as if they were random; Shift on a walk over the keyboard."""
    assert len(said(password)) == 1
    assert "use four or more words" in said(password)[0]


def test_four_random_words_are_taken_however_they_are_joined() -> None:
    """Kills: signs between words taken out, and the words then measured as too little."""
    words = [word for word in list(FREQUENCY_LISTS["english_wikipedia"])[:2000] if len(word) > 3]
    rng = random.Random(7)  # noqa: S311 - the same words every time
    for sign in (" ", "-", "", "_"):
        assert said(sign.join(rng.choices(words, k=4))) == []


@pytest.mark.parametrize(
    "password",
    [
        "asha.sharma2009", "AshaSharma2009!", "asha_s@mail.example", "Sharma-Asha-99", "ijaa-alumni-2024",
        "welcome to ijaa",
        "4sh4.sh4rm4!!", "IJAAalumni123456", "asha.asha.asha", "Ijaa@Ijaa@Ijaa",
    ],
)  # fmt: skip
def test_what_is_built_from_words_around_the_account_is_refused(password: str) -> None:
    """Kills: a list of words that is not given to the estimate; look-alikes that get around it."""
    assert "built from your name" in said(password)[0]


def test_words_count_for_the_one_they_are_around() -> None:
    """Kills: everybody's words refused to everybody."""
    assert said("Sharma-Asha-1987-Kochi", context_words("bina@mail.example")) == []


@pytest.mark.parametrize(
    "password",
    ["Admin@123456", "12admin@12300", "ADMIN123ADMIN123", "Adm1n@123!!!", "postgrespostgres", "rootrootroot"],
)
def test_a_leaked_default_with_more_around_it_is_refused(password: str) -> None:
    """Kills: leaked defaults compared as a whole; zxcvbn alone, which counts Admin@123456 as 10^8 guesses."""
    assert "published default" in said(password)[0]
    assert "a published default" in said("aDMIN@123")[0]


@pytest.mark.parametrize("password", ["", "Xq7#vLw2pR9", "ф" * 12 + "x" * 117, "🚲" * 128 + "x"])
def test_length_is_measured_as_typed(password: str) -> None:
    """Kills: a limit off by one, or in bytes."""
    assert said(password) == ["takes 12 to 128 characters"]


def test_no_password_keeps_the_estimate_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: look-alikes handed on in all their 576 spellings (seconds), or more than the first 40 characters."""
    given: list[str] = []
    real = estimate.zxcvbn

    def noted(password: str) -> dict[str, object]:
        given.append(password)
        result: dict[str, object] = real(password)
        return result

    monkeypatch.setattr(estimate, "zxcvbn", noted)
    assert guesses("4@8({[<36 9 1!|7 0 $5+%2" * 5) > 10**7
    assert len(given) <= 8
    assert all(len(one) <= 40 and estimate._spellings(one) <= 8 for one in given)
    assert guesses("") == 0
