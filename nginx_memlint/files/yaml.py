"""Read YAML that somebody else wrote, with a bound on what merging makes of it. Scalars stay texts.

PyYAML is an extra: ``pip install '.[yaml]'`` in a clone.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any, ClassVar

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.reading import read_file
from nginx_memlint.printable import printable

MAX_BYTES = 256 << 10
"""Bytes of the largest file."""

MAX_MERGED = 100_000
"""Keys that merging (``<<``) may add up to: each may double what was merged before."""


def read_yaml(path: str | os.PathLike[str]) -> list[Any]:
    """The documents of a YAML file: dicts, lists and texts. Raises MemlintError and OSError.

    A scalar is the text that stands there, whatever its tag: null is "null", "~" or empty.
    """
    try:
        import yaml  # noqa: PLC0415  an extra
    except ImportError:
        raise MemlintError("needs PyYAML: in a clone, pip install '.[yaml]'") from None

    class Bounded(yaml.SafeLoader):
        """A loader that counts what merging adds, and makes only texts of scalars."""

        merged = 0

        def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:  # noqa: ANN401  its own
            node = super().compose_mapping_node(anchor)
            # of two values, one reader takes the first, another the last
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if twice := next((key for key, times in Counter(keys).items() if times > 1), None):
                raise yaml.YAMLError(f"{twice} stands twice in one mapping")
            return node

        def flatten_mapping(self, node: yaml.MappingNode) -> None:
            super().flatten_mapping(node)
            self.merged += len(node.value)
            if self.merged > MAX_MERGED:
                raise yaml.YAMLError(f"merging makes more than {MAX_MERGED:,} keys of it")

        def text(self, node: yaml.Node) -> str:
            if isinstance(node, yaml.ScalarNode):
                return str(self.construct_scalar(node))
            raise yaml.YAMLError(f"{node.tag} is not known")

        yaml_constructors: ClassVar[dict[str | None, Any]] = {
            "tag:yaml.org,2002:map": yaml.SafeLoader.construct_yaml_map,
            "tag:yaml.org,2002:seq": yaml.SafeLoader.construct_yaml_seq,
            None: text,
        }

    data = read_file(path, MAX_BYTES)
    try:
        return list(yaml.load_all(data, Bounded))
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        said = printable(" ".join(str(error).split()))[:300]
        raise MemlintError(f"{printable(os.fspath(path))}: no YAML: {said}") from None
    except RecursionError:
        raise MemlintError(f"{printable(os.fspath(path))}: too deep to be read") from None
