"""The `ijaa` command: thin, every group lives with what it is about."""

import signal
import sys

import rich_click as click
from rich.console import Console

from ijaa import __version__
from ijaa.commands.analytics import analytics
from ijaa.commands.audit import audit
from ijaa.commands.config import config
from ijaa.commands.db import db
from ijaa.commands.demo import demo
from ijaa.commands.events import events
from ijaa.commands.guardian import embedded_guardian
from ijaa.commands.installation import on_this_installation
from ijaa.commands.jobs import jobs
from ijaa.commands.messages import messages
from ijaa.commands.replay import replay_erasures
from ijaa.commands.serve import serve
from ijaa.commands.upgrade import upgrade_command
from ijaa.commands.worker import worker
from ijaa.embedded import EmbeddedError
from ijaa.shared.errors import SettingError
from ijaa.shared.roles import RoleSetupError
from ijaa.users.commands import admin
from ijaa.users.key_commands import keys
from ijaa.users.member_commands import members

_REFUSED = 2
_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ijaa")
def ijaa() -> None:
    """IJAA: the home of an alumni association.

    Begin with `ijaa demo`: it starts everything, with people and events in it.
    """


db.add_command(upgrade_command)
members.add_command(replay_erasures)
ijaa.add_command(demo)
ijaa.add_command(embedded_guardian)
ijaa.add_command(serve)
ijaa.add_command(worker)
ijaa.add_command(db)
ijaa.add_command(config)
ijaa.add_command(on_this_installation(admin))
ijaa.add_command(on_this_installation(keys))
ijaa.add_command(on_this_installation(members))
ijaa.add_command(on_this_installation(audit))
ijaa.add_command(on_this_installation(messages))
ijaa.add_command(on_this_installation(jobs))
ijaa.add_command(on_this_installation(events))
ijaa.add_command(on_this_installation(analytics))


def main() -> None:
    """Run the command line; what stands in its way is said in one sentence."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that SIGTERM, too, leaves every block in order
    try:
        sys.exit(ijaa.main(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (SettingError, EmbeddedError, RoleSetupError) as error:
        Console(stderr=True, soft_wrap=True).print(f"[bold red]ijaa:[/] {error}", highlight=False)
        sys.exit(_REFUSED)
    except (KeyboardInterrupt, click.Abort):
        sys.exit(_INTERRUPTED)
