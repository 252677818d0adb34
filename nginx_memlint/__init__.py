"""Tells what an nginx configuration will cost in memory when it is started or reloaded."""

from importlib import import_module

TYPE_CHECKING = False  # without typing, whose import takes longer than all before Ctrl-C is ready
if TYPE_CHECKING:
    from nginx_memlint.api import check, check_many, diff, to_json
    from nginx_memlint.comparison.difference import (
        Change,
        CountChanges,
        Diff,
        FindingChange,
        MemoryChanges,
        PartChange,
        ReloadOfChange,
        RootDiff,
        Side,
        TotalChanges,
    )
    from nginx_memlint.errors import MemlintError
    from nginx_memlint.result import (
        BaselineInfo,
        Blocks,
        ConfigReport,
        FamilyCounts,
        Finding,
        GoneEntry,
        Inherited,
        LimitReason,
        Location,
        Lowered,
        Memory,
        MemoryHeld,
        MemoryPart,
        MemoryTotal,
        Model,
        Node,
        NotPricedInfo,
        ProblemInfo,
        Related,
        Remedy,
        Report,
        Share,
        Suppressed,
        TargetInfo,
        WorkerCounts,
        ZoneInfo,
    )

__version__ = "0.2.0"

__all__ = [
    "BaselineInfo",
    "Blocks",
    "Change",
    "ConfigReport",
    "CountChanges",
    "Diff",
    "FamilyCounts",
    "Finding",
    "FindingChange",
    "GoneEntry",
    "Inherited",
    "LimitReason",
    "Location",
    "Lowered",
    "MemlintError",
    "Memory",
    "MemoryChanges",
    "MemoryHeld",
    "MemoryPart",
    "MemoryTotal",
    "Model",
    "Node",
    "NotPricedInfo",
    "PartChange",
    "ProblemInfo",
    "Related",
    "ReloadOfChange",
    "Remedy",
    "Report",
    "RootDiff",
    "Share",
    "Side",
    "Suppressed",
    "TargetInfo",
    "TotalChanges",
    "WorkerCounts",
    "ZoneInfo",
    "__version__",
    "check",
    "check_many",
    "diff",
    "to_json",
]

_HOMES = (
    "nginx_memlint.errors",
    "nginx_memlint.result",
    "nginx_memlint.comparison.difference",
    "nginx_memlint.api",
)
"""Modules of public names, imported when one is asked for: before that, the command is ready for
Ctrl-C."""

if not TYPE_CHECKING:  # else any name would be one of this package

    def __getattr__(name: str) -> object:
        """Import what is public."""
        for home in _HOMES if name in __all__ else ():
            module = import_module(home)
            if hasattr(module, name):
                value = globals()[name] = getattr(module, name)
                return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:
        """The public names, also those that were not imported yet: for completion in a shell."""
        return [*__all__]
