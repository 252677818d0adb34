"""``memlint`` and ``python -m nginx_memlint``."""

from nginx_memlint.standalone import standalone


def main() -> None:
    """Run the command and exit; the status is one of exit_codes.Exit, or of standalone()."""
    with standalone():
        from nginx_memlint.cli import app  # noqa: PLC0415  an interrupt meanwhile is no traceback

        app()


if __name__ == "__main__":
    main()
