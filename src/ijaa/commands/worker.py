"""`ijaa worker`: does jobs and carries messages, and serves nobody."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import rich_click as click
import structlog

from ijaa import embedded
from ijaa.commands.serve import prepare
from ijaa.settings import MODULES, Settings
from ijaa.wiring import wire

log = structlog.get_logger("ijaa.worker")


@click.command()
@click.argument("module", type=click.Choice(["all", *MODULES]), default="all")
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="IJAA_DATA",
    default="var/ijaa",
    show_default=True,
    help="Folder of the embedded servers, used for what no IJAA_*_URL names.",
)
def worker(module: str, data: Path) -> None:
    """Do the jobs of MODULE and carry its messages: all (the default), or users or events alone.

    `ijaa serve` does this beside its requests; start workers of their own, as many as you like, and serve with
    --no-worker, where requests should have their processes for themselves. It takes the same settings as `ijaa serve`.
    """
    modules = MODULES if module == "all" else (module,)
    given = {**os.environ, "IJAA_MODULES": ",".join(modules), "IJAA_DATA": str(data), "IJAA_WORKER": "1"}
    with embedded.provide(given, data) as environ:
        asyncio.run(_work(prepare(environ, given)))


async def _work(settings: Settings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    wired = wire(settings)
    async with AsyncExitStack() as stack:
        for started in (wired.lifespan, *(module.lifespan for module in wired.modules), wired.background):
            await stack.enter_async_context(started())
        log.info("working", modules=sorted(settings.modules))
        await ended.wait()
        log.info("stopping: jobs under way may end")
