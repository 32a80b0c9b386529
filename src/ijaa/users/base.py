"""The one declarative base of the module: its metadata, its constraint names, its column types."""

from datetime import datetime
from typing import Annotated

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import BigInteger, Identity, MetaData
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMES = {
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
"""A bigint identity key."""


class UsersBase(DeclarativeBase):
    """Base of every table of the users module."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: DateTimeUTC(timezone=True)}  # noqa: RUF012 - SQLAlchemy's own idiom


def one_of(column: str, *values: str) -> str:
    """Return the CHECK that keeps a column to these values."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
