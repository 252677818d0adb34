"""Tells what an nginx configuration will cost in memory when it is started or reloaded."""

from importlib import import_module

TYPE_CHECKING = False  # without typing, whose import takes longer than all before Ctrl-C is ready
if TYPE_CHECKING:
    from nginx_memlint.api import check, check_many
    from nginx_memlint.errors import MemlintError
    from nginx_memlint.result import ConfigReport, Report

__version__ = "0.2.0"

__all__ = ["ConfigReport", "MemlintError", "Report", "__version__", "check", "check_many"]

_MODULES = {
    "check": "nginx_memlint.api",
    "check_many": "nginx_memlint.api",
    "MemlintError": "nginx_memlint.errors",
    "ConfigReport": "nginx_memlint.result",
    "Report": "nginx_memlint.result",
}
"""Public name → the module it is in, imported when the name is asked for: before that, the command
is ready for Ctrl-C."""

if not TYPE_CHECKING:  # else any name would be one of this package

    def __getattr__(name: str) -> object:
        """Import what is public."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value
