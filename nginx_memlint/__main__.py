"""``memlint`` and ``python -m nginx_memlint``."""

from nginx_memlint.standalone import standalone


def main() -> None:
    """Run the command and exit; the status is one of exit_codes.Exit, or of standalone()."""
    with standalone():
        # here, where an interrupt is no traceback
        from nginx_memlint.garbage import importing  # noqa: PLC0415

        with importing():
            from nginx_memlint.start import command  # noqa: PLC0415
        command()


if __name__ == "__main__":
    main()
