"""One target under atheris: python -m fuzz.harness TARGET [libFuzzer's options and corpora]."""

import pkgutil
import sys
from importlib import import_module

import atheris

with atheris.instrument_imports(include=["nginx_memlint"]):
    import nginx_memlint
    from fuzz.targets import FUNCTIONS

    for module in pkgutil.walk_packages(nginx_memlint.__path__, "nginx_memlint."):
        import_module(module.name)  # imported late otherwise, and then not seen


def main() -> None:
    """Fuzz until the options, or a failure, end it."""
    function = FUNCTIONS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, function)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
