"""Options, commands and names of earlier versions, with a sentence on what to do instead."""

from __future__ import annotations

_FIXED = "the limits are fixed: --trusted lifts all of them, for input of your own"
_MEASURED = "it is debian-12, which is also taken if no target is named"
_VERSIONS = {
    component: f"is now --set {component}=VERSION"
    for component in ("nginx", "lua", "stream-lua", "njs", "openssl")
}

OPTIONS: dict[str, str] = {
    "--bounds": _FIXED,
    "--nginx": "is now --nginx-binary, in every command",
    "--no-cache": "results are no longer kept: leave it out",
    "--parser": "crossplane's parser builds every tree: leave it out",
    **{f"--{component}-version": what for component, what in _VERSIONS.items()},
}
"""Flag → what to do instead."""

COMMANDS: dict[str, str] = {
    "schema": "the schemas are files: schemas/*.schema.json in the repository",
}
"""Command → what to do instead."""

SETTINGS: dict[str, str] = {
    "bounds": _FIXED,
    **{
        f"{component}-version": f'is now {component} = "VERSION" in the table [set]'
        for component in _VERSIONS
    },
}
"""Settings key → what to do instead."""

TARGETS: dict[str, str] = {"classic": _MEASURED}
"""Target → what to name instead."""

RULES: dict[str, str] = {"ML302": "the rule is gone: leave it out"}
"""Rule → what to do about its name."""
