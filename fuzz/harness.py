"""The package as atheris instruments it, and one of its targets under atheris."""

import pkgutil
from importlib import import_module

import atheris

with atheris.instrument_imports(include=["nginx_memlint"]):
    import nginx_memlint
    from fuzz.targets import FUNCTIONS

    for module in pkgutil.walk_packages(nginx_memlint.__path__, "nginx_memlint."):
        import_module(module.name)  # imported late otherwise, and then not seen


def begin(target: str, options: list[str]) -> None:
    """Fuzz until libFuzzer's options (and corpora), or a failure, end it, and this process too."""
    atheris.Setup([target, *options], FUNCTIONS[target])
    atheris.Fuzz()
