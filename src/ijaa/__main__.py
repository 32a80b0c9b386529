"""`python -m ijaa`, and the `ijaa` command: Ctrl-C ends it at once while it is still being loaded."""

import signal


def main() -> None:
    """Run the command line."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # nothing is started yet, so nothing has to be stopped
    from ijaa.cli import main  # noqa: PLC0415 - this takes a second

    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()


if __name__ == "__main__":
    main()
