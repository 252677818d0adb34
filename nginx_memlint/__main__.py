"""``memlint`` and ``python -m nginx_memlint``."""

import sys

from nginx_memlint.cli.process import standalone


def main() -> None:
    """Run the command and exit; the status is one of exit_codes.Exit, or of standalone()."""
    with standalone():
        if sys.argv[1:2] == ["preflight"]:
            from nginx_memlint.cli.oom import give_way  # noqa: PLC0415  before all that takes memory

            give_way()
        # imported here, where an interrupt is a line and no traceback
        import gc  # noqa: PLC0415

        gc.disable()  # reading makes many small objects and no garbage, and the process ends soon
        from nginx_memlint.cli.app import app  # noqa: PLC0415

        app()


if __name__ == "__main__":
    main()
