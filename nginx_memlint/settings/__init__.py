"""Settings: memlint.toml or ``[tool.memlint]`` in pyproject.toml, overridden by flags.

files.py finds and reads them, model.py says which keys and values they may hold (the only module
with pydantic, imported once a file is found), in_force.py puts files and flags together, asked.py
makes the options of a check of that.
"""

from nginx_memlint.settings.asked import all_asked, asked
from nginx_memlint.settings.in_force import (
    Root,
    everywhere,
    plan,
    tree_of,
)

__all__ = ["Root", "all_asked", "asked", "everywhere", "plan", "tree_of"]
