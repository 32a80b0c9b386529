"""What the demo's events are called, and where they are."""

from typing import Literal

import msgspec


class Place(msgspec.Struct, frozen=True):
    """A city with its IANA zone and the places alumni meet in."""

    city: str
    zone: str
    venues: tuple[str, ...]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of event; `{topic}`, `{city}`, `{batch}` and `{year}` are filled in."""

    title: str
    description: str
    event_type: str
    tags: tuple[str, ...]
    hours: float
    begins: tuple[str, ...]
    """Local times it may begin at."""
    topics: tuple[str, ...] = ("",)
    where: Literal["venue", "online"] = "venue"
    privacy: Literal["PUBLIC", "PRIVATE", "INVITE_ONLY"] = "PUBLIC"
    capacities: tuple[int | None, ...] = (None,)
    guests: int = 0
    season: tuple[int, int] | None = None
    """Month and day it is kept on, whatever the year."""


PLACES = (
    Place("Dhaka", "Asia/Dhaka", ("Officers' Club", "Radius Centre, Gulshan", "Dhanmondi Lake Pavilion", "Old Campus")),
    Place("Chattogram", "Asia/Dhaka", ("Hill View Hall", "Port City Club")),
    Place("Sylhet", "Asia/Dhaka", ("Tea Garden House",)),
    Place("London", "Europe/London", ("Toynbee Hall", "The Royal Society of Arts", "Mile End Park")),
    Place("Berlin", "Europe/Berlin", ("Kulturbrauerei", "Tempelhofer Feld")),
    Place("New York", "America/New_York", ("Jackson Heights Centre", "Bryant Park Loft")),
    Place("Toronto", "America/Toronto", ("Danforth Music Hall", "High Park")),
    Place("Dubai", "Asia/Dubai", ("Creek Terrace",)),
    Place("Singapore", "Asia/Singapore", ("The Arts House", "East Coast Park")),
    Place("Sydney", "Australia/Sydney", ("Surry Hills Library",)),
)

KINDS = (
    Kind(
        title="Class of {batch}: reunion in {city}",
        description="An evening for the class of {batch} and their families: dinner, old photographs, no speeches.",
        event_type="REUNION", tags=("reunion", "dinner"), hours=5, begins=("18:00", "18:30"),
        capacities=(40, 60, 80), guests=3,
    ),
    Kind(
        title="Grand reunion {year}",
        description="All batches, one weekend day: the parade of the batches, lunch on the field, music until late.",
        event_type="REUNION", tags=("reunion", "all batches", "family"), hours=10, begins=("10:00",),
        capacities=(None, 250), guests=5,
    ),
    Kind(
        title="Mentoring evening: {topic}",
        description="Six mentors, twelve tables, twenty minutes each. Bring one question you really have.",
        event_type="MENTORSHIP", tags=("mentoring", "career"), hours=2.5, begins=("18:00", "19:00"),
        topics=("the first job", "changing fields", "studying abroad", "leading a team"), capacities=(24, 36),
    ),
    Kind(
        title="Career talk: {topic}",
        description="One of us tells how it really went, then answers anything. Recording for those who cannot come.",
        event_type="CAREER", tags=("career", "talk"), hours=1.5, begins=("17:30", "18:30"),
        topics=("from lab to company", "ten years in public health", "building bridges, literally", "law after forty"),
        capacities=(50, 80, None),
    ),
    Kind(
        title="Webinar: {topic}",
        description="An hour online with questions by chat. The link is shown to those who are coming.",
        event_type="WEBINAR", tags=("online", "learning"), hours=1, begins=("15:00", "16:00", "20:00"),
        topics=("reading a balance sheet", "scholarships that are left", "caring for parents from afar", "safe phones"),
        where="online", capacities=(None, 100),
    ),
    Kind(
        title="Workshop: {topic}",
        description="Hands on, small group, laptops open. Material is provided; tea is too.",
        event_type="WORKSHOP", tags=("learning", "hands on"), hours=3, begins=("10:00", "14:00"),
        topics=("a CV that is read", "public speaking", "first steps with data", "portrait photography"),
        capacities=(12, 16, 20),
    ),
    Kind(
        title="Football: {topic}",
        description="Seven a side, rolling substitutes, referees found on the spot. Shin guards, please.",
        event_type="SPORTS", tags=("sports", "football"), hours=3, begins=("07:00", "16:00"),
        topics=("nineties against two thousands", "the winter cup", "fathers and daughters"), capacities=(22, 28),
    ),
    Kind(
        title="Charity run in {city}",
        description="Five kilometres for the scholarship fund; walking counts. Every guest adds a sponsor.",
        event_type="SPORTS", tags=("sports", "running", "charity"), hours=2, begins=("06:30", "08:00"), guests=2,
    ),
    Kind(
        title="Alumni iftar in {city}",
        description="We break the fast together. Vegetarian table, prayer room, children welcome.",
        event_type="SOCIAL", tags=("iftar", "dinner", "family"), hours=3, begins=("17:30",),
        capacities=(60, 90), guests=4, season=(2, 24),
    ),
    Kind(
        title="Holiday dinner in {city}",
        description="The year's last long table. One dish each, one story each.",
        event_type="SOCIAL", tags=("holidays", "dinner"), hours=4, begins=("18:30", "19:00"),
        capacities=(30, 45), guests=2, season=(12, 18),
    ),
    Kind(
        title="Pohela Boishakh in {city}",
        description="New Year's morning: music, panta and a market of things alumni made.",
        event_type="SOCIAL", tags=("new year", "music", "family"), hours=6, begins=("08:00",), guests=5, season=(4, 14),
    ),
    Kind(
        title="Networking breakfast in {city}",
        description="Coffee at eight, three introductions each, at work by ten.",
        event_type="NETWORKING", tags=("networking", "breakfast"), hours=1.5, begins=("08:00", "08:30"),
        capacities=(20, 30),
    ),
    Kind(
        title="Founders' circle: {topic}",
        description="Alumni who run a company talk among themselves; what is said stays in the room.",
        event_type="PROFESSIONAL", tags=("founders",), hours=2, begins=("19:00",),
        topics=("hiring", "money", "letting go"), privacy="INVITE_ONLY", capacities=(12, 15),
    ),
    Kind(
        title="Book circle: {topic}",
        description="One book, two hours, opinions welcome. You need not have finished it.",
        event_type="ACADEMIC", tags=("books",), hours=2, begins=("17:00", "19:30"),
        topics=("Sultana's Dream", "A Golden Age", "Things Fall Apart"), privacy="INVITE_ONLY", capacities=(14, None),
    ),
    Kind(
        title="Alumni board: {topic}",
        description="The board meets. Papers are sent a week ahead.",
        event_type="MEETING", tags=("board",), hours=2, begins=("19:00",),
        topics=("the budget", "the next reunion", "scholarships"), where="online", privacy="PRIVATE", capacities=(15,),
    ),
)  # fmt: skip
