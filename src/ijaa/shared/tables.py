"""How tables are declared, the same in every module: constraint names, keys, closed lists."""

from typing import Annotated

from sqlalchemy import BigInteger, Identity
from sqlalchemy.orm import mapped_column

NAMES = {
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""Naming convention of constraints and indexes."""

Key = Annotated[int, mapped_column(BigInteger, Identity(always=True), primary_key=True)]
"""A bigint identity key."""


def one_of(column: str, *values: str) -> str:
    """Return the CHECK that keeps a column to these values."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
