"""What a row of a list says about a person, and when it says nothing useful."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Literal, get_args

import msgspec

from ijaa.shared.text import fold
from ijaa.users.identifiers import EMAIL_PATTERN, fold_email

Field = Literal[
    "name", "first_name", "last_name", "batch", "email", "phone", "birth_date", "student_number", "profession",
    "location", "extra", "ignore",
]  # fmt: skip
"""What a column may be; `extra` is kept under its heading."""
FIELDS: tuple[Field, ...] = get_args(Field)
Mode = Literal["all-or-nothing", "skip-bad-rows"]
MODES: tuple[Mode, ...] = get_args(Mode)

HEADINGS: Mapping[Field, tuple[str, ...]] = {
    "name": ("name", "fullname", "membername", "alumniname", "studentname"),
    "first_name": ("firstname", "givenname", "forename"),
    "last_name": ("lastname", "surname", "familyname"),
    "batch": ("batch", "batchyear", "classof", "graduationyear", "yearofgraduation", "passingyear"),
    "email": ("email", "emailaddress", "mail"),
    "phone": ("phone", "phonenumber", "mobile", "mobilenumber", "cell", "telephone", "contactnumber"),
    "birth_date": ("birthdate", "dateofbirth", "dob", "birthday"),
    "student_number": (
        "studentnumber", "studentno", "studentid", "roll", "rollno", "rollnumber", "registrationnumber", "cadetnumber",
    ),
    "profession": ("profession", "occupation", "job", "jobtitle"),
    "location": ("location", "city", "address", "residence"),
}  # fmt: skip
"""Headings that are recognised, as `heading_key` has them."""

_LENGTHS = {"name": 100, "batch": 10, "email": 254, "phone": 20, "student_number": 50, "profession": 100,
            "location": 100}  # fmt: skip
_EXTRA_LENGTH = 500
_KEY_LENGTHS = {"name": 200, "student_number": 100}
_PHONE_DIGITS = range(6, 16)
_COMPARED_DIGITS = 10
"""So that a number with the code of its country is the number without."""
_EMAIL = re.compile(EMAIL_PATTERN)
_DAY_FIRST = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class RowError(Exception):
    """A row that cannot be taken; the text is the reason, without what the row holds."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """What a row says, cleaned, with the keys it is compared by."""

    line: int
    name: str
    name_key: str
    batch: str | None = None
    email: str | None = None
    phone: str | None = None
    phone_key: str | None = None
    birth_date: date | None = None
    student_number: str | None = None
    student_key: str | None = None
    profession: str | None = None
    location: str | None = None
    extra: dict[str, str] = {}
    cells: list[str] = []
    """The row as it was given."""

    def marks(self) -> Iterator[tuple[str, Any]]:
        """Yield what nobody else's row may share if the two are to be different people for sure."""
        for mark in ("email", "phone_key", "student_key"):
            if (value := getattr(self, mark)) is not None:
                yield mark, value
        if self.birth_date is not None:
            yield "born", (self.name_key, self.birth_date)


def heading_key(heading: str) -> str:
    """Return what a heading is recognised by."""
    return re.sub(r"[\W_]", "", fold(heading))


def recognised(heading: str) -> Field | None:
    """Return what a column is by its heading."""
    key = heading_key(heading)
    return next((field for field, headings in HEADINGS.items() if key in headings), None)


def person(line: int, cells: Mapping[Field, str], extra: Mapping[str, str], today: date) -> Person:
    """Return what a row says; raise `RowError` with every reason against it."""
    said: dict[str, str] = {field: value for field in cells if (value := _text(cells[field]))}
    if "name" not in said and (parts := [said[part] for part in ("first_name", "last_name") if part in said]):
        said["name"] = " ".join(parts)
    found: dict[str, Any] = {field: said.get(field) for field in _LENGTHS}
    beside = {heading: value for heading in extra if (value := _text(extra[heading]))}
    reasons = [*_unfit(said, beside)]

    def read(field: str, reader: Callable[[str], Any]) -> Any:
        if field not in said:
            return None
        try:
            return reader(said[field])
        except RowError as error:
            reasons.append(str(error))
            return None

    found["email"] = read("email", email)
    phone_key_ = read("phone", phone_key)
    born = read("birth_date", lambda text: birth_date(text, today))
    student_key_ = read("student_number", student_key)
    if not reasons and not (found["email"] or phone_key_ or born or student_key_):
        reasons.append("e-mail, phone, birth date and student number are all empty: nothing tells this person by")
    if reasons:
        raise RowError("; ".join(reasons))
    name_key = fold(found["name"])[: _KEY_LENGTHS["name"]]
    return Person(
        line=line, **found, name_key=name_key, phone_key=phone_key_, birth_date=born, student_key=student_key_,
        extra=beside,
    )  # fmt: skip


def email(text: str) -> str:
    """Return an address as it is kept; raise `RowError` for what is none."""
    if not _EMAIL.search(text):
        raise RowError("email: is not an e-mail address")
    return fold_email(text)


def phone_key(text: str) -> str:
    """Return what a phone number is compared by; raise `RowError` for what is none."""
    digits = re.sub(r"\D", "", text)
    if len(digits) not in _PHONE_DIGITS or not digits.isascii() or re.search(r"[^\d\s()+./-]", text):
        raise RowError("phone: is not a phone number")
    return digits[-_COMPARED_DIGITS:]


def student_key(text: str) -> str:
    """Return what a student number is compared by; raise `RowError` for one with neither letter nor digit."""
    if not (key := re.sub(r"[\W_]", "", fold(text))):
        raise RowError("student_number: has nothing to read in it")
    return key[: _KEY_LENGTHS["student_number"]]


def birth_date(text: str, today: date) -> date:
    """Return a date in ISO 8601, or with dots and the day first; raise `RowError` for any other."""
    try:
        if day_first := _DAY_FIRST.fullmatch(text):
            day, month, year = map(int, day_first.groups())
            found = date(year, month, day)
        elif re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            found = date.fromisoformat(text)
        else:
            raise RowError("birth_date: write it as 1980-12-31")
    except ValueError:
        raise RowError("birth_date: there is no such day") from None
    if not date(1900, 1, 1) <= found <= today:
        raise RowError("birth_date: is before 1900 or in the future")
    return found


def harmless(cell: str) -> str:
    """Return a cell no spreadsheet takes for a formula (CWE-1236)."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def _text(cell: str) -> str:
    text = cell.strip()
    # what `harmless` wrote, and a spreadsheet gave back
    return text[1:].strip() if text.startswith("'") and text[1:].lstrip(" ").startswith(_FORMULA) else text


def _unfit(said: Mapping[str, str], extra: Mapping[str, str]) -> Iterator[str]:
    if "name" not in said:
        yield "name: is empty"
    elif not fold(said["name"]):
        yield "name: has nothing to read in it"
    for field, text in {**said, **extra}.items():
        if _CONTROL.search(text):
            yield f"{field}: holds a character that cannot be stored"
        if len(text) > (longest := _LENGTHS.get(field, _EXTRA_LENGTH)):
            yield f"{field}: is longer than {longest} characters"
