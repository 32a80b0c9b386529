"""The guardian's process: `python -m ijaa.embedded DATA`, started by `ijaa.embedded.attach`."""

import os
import sys
from pathlib import Path

from ijaa.embedded.guardian import guard
from ijaa.embedded.launch import SERVERS

if __name__ == "__main__":
    sys.exit(guard(Path(sys.argv[1]), os.environ[SERVERS].split(",")))
