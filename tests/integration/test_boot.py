"""What is looked at before the first request."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ijaa.cli import ijaa
from ijaa.shared.boot import bind, refuse_unwritable
from ijaa.shared.errors import SettingError
from ijaa.variables import VARIABLES


def run(environ: dict[str, str], *arguments: str) -> Result:
    """Run the command line in an environment of ours alone."""
    unset = {variable.name: None for variable in VARIABLES}
    return CliRunner(env={**unset, **environ}).invoke(ijaa, arguments)


def test_an_address_is_taken_from_the_moment_it_is_bound() -> None:
    # mutant: listen only when everything is up, up to which two may bind (SO_REUSEADDR)
    with bind("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(SettingError, match=f"--port {port}"):
            bind("127.0.0.1", port)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("IJAA_WORKERS", "many", "IJAA_WORKERS takes a whole number"),
        ("IJAA_WORKER", "perhaps", "IJAA_WORKER takes 0 or 1"),
        ("IJAA_MODULES", "users,billing", "IJAA_MODULES must name users, events or both"),
        ("IJAA_MAIL_FROM", "nonsense", "IJAA_MAIL_FROM must be an address"),
        ("IJAA_MAIL_URL", "file:///proc/nope", "IJAA_MAIL_URL names a folder that cannot be written: /proc"),
        ("IJAA_SECRET_KEY", "short", "IJAA_SECRET_KEY is too weak"),
        ("IJAA_METRICS_BIND", "9100", "IJAA_METRICS_BIND takes host:port"),
    ],
)
def test_a_wrong_value_is_named_before_a_server_is_started_for_it(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    # mutants: name the option a variable stands for; read the settings when the clusters are made
    data = tmp_path / "data"
    ran = run({name: value, "IJAA_DATA": str(data)}, "serve", "--port", "0")
    assert said in str(ran.exception)
    assert not data.exists()


def test_a_module_that_is_named_in_the_environment_alone_is_served(tmp_path: Path) -> None:
    # mutant: serve all whatever IJAA_MODULES says; events alone would be enough to ask for users' address
    external = {"IJAA_EVENTS_DATABASE_URL": "postgresql://ijaa_events_app@db/ijaa_events"}
    ran = run({"IJAA_MODULES": "events", "IJAA_DATA": str(tmp_path / "data"), **external}, "serve", "--port", "0")
    assert "IJAA_USERS_PEER is needed when events runs alone" in str(ran.exception)


def test_looking_whether_a_folder_can_be_written_leaves_nothing(tmp_path: Path) -> None:
    refuse_unwritable("IJAA_MAIL_URL", tmp_path / "one" / "two")
    assert not list(tmp_path.iterdir())
