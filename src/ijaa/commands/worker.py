"""`ijaa worker`: does jobs and carries messages, and serves nobody."""

import asyncio
import os
import signal
from pathlib import Path

import rich_click as click
import structlog

from ijaa.commands.options import data_folder, module_or_all
from ijaa.commands.serve import PORTS, find_neighbours, prepared
from ijaa.settings import MODULES, Settings, read_settings
from ijaa.wiring import wire

log = structlog.get_logger("ijaa.worker")


@click.command()
@module_or_all
@data_folder
def worker(module: str, data: Path) -> None:
    """Do the jobs of MODULE and carry its messages: all, or users or events alone. Default: IJAA_MODULES, or all.

    `ijaa serve` does this beside its requests; start workers of their own, as many as you like, and serve with
    --no-worker, where requests should have their processes for themselves. It takes the same settings as `ijaa serve`;
    where that was given another --port, name its address in IJAA_BASE_URL: mails and messages go by it.
    """
    modules = MODULES if module == "all" else (module,)
    given = {**os.environ, "IJAA_MODULES": ",".join(modules), "IJAA_WORKER": "1"}
    find_neighbours(module, given, f"http://127.0.0.1:{PORTS[module]}")
    with prepared(given, data) as environ:
        asyncio.run(_work(read_settings(environ)))


async def _work(settings: Settings) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    wired = wire(settings)
    async with wired.lifespan():
        log.info("working", modules=sorted(settings.modules))
        await ended.wait()
        log.info("stopping: jobs under way may end")
