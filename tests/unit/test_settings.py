"""Settings that make no sense stop the start, by name, and never repeat a secret."""

import pytest

from ijaa.settings import read_settings
from ijaa.shared.errors import SettingError

GOOD = {
    "IJAA_USERS_DATABASE_URL": "postgresql://ijaa_users_app:Tr0ub4dor@db1/ijaa_users",
    "IJAA_EVENTS_DATABASE_URL": "postgresql://ijaa_events_app:Tr0ub4dor@db2/ijaa_events",
    "IJAA_REDIS_URL": "redis://:Tr0ub4dor@cache:6379",
    "IJAA_SECRET_KEY": "k3" * 4 + "abcdefghijklmnopqrstuvwxyz",
    "IJAA_SERVICE_KEY": "s9" * 4 + "abcdefghijklmnopqrstuvwxyz",
    "IJAA_MAIL_URL": "smtp://mail",
}


def test_good_settings_are_read() -> None:
    settings = read_settings(GOOD)
    assert settings.modules == {"users", "events"}
    assert settings.users_database is not None
    assert not settings.secure


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IJAA_MODULES", "users,billing"),
        ("IJAA_USERS_DATABASE_URL", "mysql://ijaa_users_app@db/ijaa_users"),
        ("IJAA_USERS_DATABASE_URL", "postgresql://ijaa_users_app@db:notaport/ijaa_users"),
        ("IJAA_USERS_DATABASE_URL", "postgresql://postgres:Tr0ub4dor@db/ijaa_users"),
        ("IJAA_USERS_DATABASE_URL", "postgresql://ijaa_users_app:Admin%40123@db/ijaa_users"),
        ("IJAA_USERS_DATABASE_URL", "postgresql://ijaa_events_app:Tr0ub4dor@db2/ijaa_events"),
        ("IJAA_EVENTS_DATABASE_URL", "postgresql://ijaa_app:Tr0ub4dor@db1/ijaa_users"),
        ("IJAA_EVENTS_MIGRATOR_URL", "postgresql://x:admin123@db/ijaa_events"),
        ("IJAA_USERS_DATABASE_URL", "postgresql://ijaa_users_app@db/ijaa_users?password=admin123"),
        ("IJAA_EVENTS_DATABASE_URL", "postgresql://ijaa_events_app:ADMIN123@db/ijaa_events"),
        ("IJAA_USERS_LISTEN_URL", "postgresql://x@db/ijaa_users?application_name=a&password=aDmin%40123"),
        ("IJAA_SETUP_URL", "postgresql://postgres:Admin%40123@db/postgres"),
        ("IJAA_REDIS_URL", "redis://:admin123@cache"),
        ("IJAA_EVENTS_REDIS_URL", "redis://cache?password=Admin123"),
        ("IJAA_MAIL_URL", "smtp://u:Admin%40123@mail"),
        ("IJAA_MAIL_URL", "smtps://u:Admin@123@mail"),
        ("IJAA_USERS_PEER", "https://u:admin123@users"),
        ("IJAA_SERVICE_KEY", GOOD["IJAA_SECRET_KEY"]),
        ("IJAA_REDIS_URL", "http://cache"),
        ("IJAA_SECRET_KEY", "short"),
        ("IJAA_SECRET_KEY", "a" * 64),
        ("IJAA_SERVICE_KEY", ""),
        ("IJAA_MAIL_URL", "sendmail"),
        ("IJAA_USERS_FILES_URL", "var/files"),
        ("IJAA_EVENTS_FILES_URL", "s3://key:Tr0ub4dor@photos?endpoint=minio"),
        ("IJAA_USERS_DATABASE_URL", "postgresql://ijaa_users_app:Tr0ub4dor/x@db/ijaa_users"),
        ("IJAA_USERS_DATABASE_URL", "postgresql://ijaa_users_app:12/Tr0ub4dor@db/ijaa_users"),
        ("IJAA_USERS_DATABASE_URL", "postgresql://ijaa_users_app:1?Tr0ub4dor@db/ijaa_users"),
        ("IJAA_USERS_DATABASE_URL", "postgresql://ijaa_users_app:1#Tr0ub4dor@db/ijaa_users"),
        ("IJAA_REDIS_URL", "redis://:12/Tr0ub4dor@cache"),
        ("IJAA_MAIL_URL", "smtp://user:12#Tr0ub4dor@mail"),
        ("IJAA_MAIL_FROM", "nonsense"),
        ("IJAA_MAIL_FROM", "IJAA <no-reply@>"),
        ("IJAA_METRICS_BIND", "9100"),
        ("IJAA_METRICS_BIND", "127.0.0.1:many"),
        ("IJAA_METRICS_BIND", "127.0.0.1:70000"),
        ("IJAA_BASE_URL", "alumni.example"),
        ("IJAA_CORS_ORIGINS", "*"),
        ("IJAA_CORS_ORIGINS", "https://*.alumni.example"),
        ("IJAA_POOL_SIZE", "0"),
        ("IJAA_POOL_SIZE", "many"),
        ("IJAA_RATE_LIMITS", "on"),
        ("IJAA_RATE_LIMITS", "0"),
        ("IJAA_RATE_LIMITS", "-1"),
        ("IJAA_RATE_LIMITS", "inf"),
        ("IJAA_RATE_LIMITS", "nan"),
        ("IJAA_TRUSTED_PROXIES", "proxy.example"),
        ("IJAA_TRUSTED_PROXIES", "10.0.0.0/8,10.0.0.0/99"),
        ("IJAA_WORKERS", "0"),
        ("IJAA_LOG_FORMAT", "xml"),
        ("IJAA_DEMO", "perhaps"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(name: str, value: str) -> None:
    # mutants: a published default looked for in databases alone, as it is spelt alone, or not in the query
    with pytest.raises(SettingError, match=name) as refused:
        read_settings(GOOD | {name: value})
    assert "Tr0ub4dor" not in str(refused.value)
    assert "admin123" not in str(refused.value).lower()


@pytest.mark.parametrize("base", ["https://alumni.example", "http://10.0.0.7:8000", "http://localhost.example"])
def test_the_demo_is_refused_where_others_can_reach_it(base: str) -> None:
    # mutant: one variable that shows every mail and lifts the second factor anywhere
    with pytest.raises(SettingError, match="IJAA_DEMO is for this machine alone"):
        read_settings(GOOD | {"IJAA_DEMO": "1", "IJAA_BASE_URL": base})
    assert read_settings(GOOD | {"IJAA_DEMO": "1", "IJAA_BASE_URL": "http://127.0.0.1:8000"}).demo
    assert not read_settings(GOOD | {"IJAA_BASE_URL": base}).demo


def test_files_lie_in_the_data_folder_unless_told_otherwise() -> None:
    # mutant: the place of one module read for the other
    settings = read_settings(GOOD | {"IJAA_DATA": "/srv/ijaa", "IJAA_EVENTS_FILES_URL": "s3://photos"})
    assert (settings.files_of("users"), settings.files_of("events")) == ("file:///srv/ijaa/files", "s3://photos")


def test_a_name_is_no_password() -> None:
    # mutant: refuse a superuser's name, or a host, that is called like a published default
    read_settings(GOOD | {"IJAA_SETUP_URL": "postgresql://postgres:Tr0ub4dor@root/postgres?application_name=admin123"})


def test_limits_and_proxies_are_read() -> None:
    # mutants: trust somebody by default; switch limits off by default
    settings = read_settings(GOOD)
    assert (settings.rate_limits, settings.trusted_proxies, settings.workers) == (1.0, (), 1)
    assert read_settings(GOOD | {"IJAA_RATE_LIMITS": "off"}).rate_limits is None
    assert read_settings(GOOD | {"IJAA_RATE_LIMITS": "2.5"}).rate_limits == 2.5
    networks = read_settings(GOOD | {"IJAA_TRUSTED_PROXIES": "10.0.0.0/8, 2001:db8::1"}).trusted_proxies
    assert networks == ("10.0.0.0/8", "2001:db8::1")


@pytest.mark.parametrize("shared", ["postgresql://ijaa:Tr0ub4dor@db/ijaa", GOOD["IJAA_USERS_DATABASE_URL"]])
def test_both_modules_on_one_database_are_refused(shared: str) -> None:
    # mutant: look for swapped names first, and advise to swap two that are the same
    with pytest.raises(SettingError, match="each module has its own"):
        read_settings(GOOD | {"IJAA_USERS_DATABASE_URL": shared, "IJAA_EVENTS_DATABASE_URL": shared})


def test_where_figures_are_served_is_read() -> None:
    assert read_settings(GOOD).metrics_bind is None
    assert read_settings(GOOD | {"IJAA_METRICS_BIND": "127.0.0.1:9100"}).metrics_bind == ("127.0.0.1", 9100)
    assert read_settings(GOOD | {"IJAA_METRICS_BIND": "[::1]:9100"}).metrics_bind == ("::1", 9100)


def test_events_alone_needs_its_peer() -> None:
    alone = {name: value for name, value in GOOD.items() if "USERS" not in name} | {"IJAA_MODULES": "events"}
    with pytest.raises(SettingError, match="IJAA_USERS_PEER"):
        read_settings(alone)
    assert read_settings(alone | {"IJAA_USERS_PEER": "http://127.0.0.1:8081"}).users_database is None
