"""The one declarative base of the module."""

from datetime import datetime

from advanced_alchemy.types import DateTimeUTC
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from ijaa.shared.tables import NAMES


class EventsBase(DeclarativeBase):
    """Base of every table of the events module."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {datetime: DateTimeUTC(timezone=True)}  # noqa: RUF012 - SQLAlchemy's own idiom
