"""One target under atheris: python -m fuzz.harness TARGET [libFuzzer's options and corpora]."""

import sys

import atheris

with atheris.instrument_imports(include=["nginx_memlint"]):
    from fuzz.targets import FORMATS, FUNCTIONS
    from nginx_memlint.report import writer

    for name in (*FORMATS, "html"):
        writer(name)  # imported late otherwise, and then not seen


def main() -> None:
    """Fuzz until the options, or a failure, end it."""
    function = FUNCTIONS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, function)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
