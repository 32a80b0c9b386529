"""Runs a program that ends when the benchmark does, however that ends: `python -m bench.leash PARENT PROGRAM …`."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, program: list[str]) -> None:
    """Become `program`, to be told SIGTERM by the kernel once `parent` is gone (Linux, prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)  # it was gone before the kernel knew
    os.execv(program[0], program)  # noqa: S606 - a program of ours, without a shell


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
