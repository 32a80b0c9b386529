"""The zero-setup default: two PostgreSQL clusters and one Valkey, real servers under our own care.

`attach` keeps the servers of a data folder running while at least one process is inside of it; `provide`
completes an environment with the URLs of what it does not configure. Whatever is killed, and however, nothing
runs on for ever and the next start works.
"""

from ijaa.embedded.attachment import PostgresServer, Servers, attach
from ijaa.embedded.errors import EmbeddedError
from ijaa.embedded.provision import provide

__all__ = ["EmbeddedError", "PostgresServer", "Servers", "attach", "provide"]
