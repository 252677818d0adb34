"""Virtual machines of njs, by the blocks that make them and the scripts that they compile."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nginx_memlint.memory.laws import Amount
from nginx_memlint.memory.parts.record import Configuration, Counted, Record, full_path, since
from nginx_memlint.syntax.values import c_string
from nginx_memlint.targets.versions import Version
from nginx_memlint.tree.expanded import Block, Setting

MACHINES = "machines of njs"
"""The name of the part."""

MACHINE = (
    (Version(()), 104_000),
    (Version((0, 7, 10)), 127_500),
    (Version((0, 8, 10)), 144_000),
)
"""A virtual machine with a module of one line (ngx_http_js_init_conf_vm()), by njs: measured on
0.7.9, 0.8.9 and 1.0.2."""

FREED = ((Version(()), (0.58, 0.0)), (Version((0, 7, 10)), (0.2, 0.62)))
"""The parts of a machine to whose pages njs_mp_destroy() writes, by njs: those that lie among small
pieces, and others. Its clusters have two pages each, and free() writes to one of them or both.
Measured with 1, 2, 4 and 8 workers on 0.7.9, and with 1, 2 and 4 on 0.8.9."""

TOKEN = ((Version(()), 265), (Version((1,)), 40))
"""Of each token of a script, by njs: its node of the syntax tree and its code, both of which are
kept (njs_parser_node_t, njs_generate()); 230 to 265 by what is written on 0.7.9, and on 1.0.2,
where less is kept, 26 to 40."""

_IMPORT, _PATH, _PRELOAD = "js_import", "js_path", "js_preload_object"
_MAKING = (_IMPORT, _PATH, _PRELOAD)
"""A block that has one of them gets a machine of its own (ngx_js_merge_vm())."""

_BUILT_IN = frozenset({"buffer", "crypto", "fs", "querystring", "xml", "zlib"})
"""Modules of njs itself."""

_TOKENS = (
    rb"(//[^\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/)?)"
    rb"|'(?:[^'\\\n]|\\.)*'?|\"(?:[^\"\\\n]|\\.)*\"?|[\w$.]+|[-+*/%=<>!&|^?:]+|[^\s\w]"
)
_IMPORTED = rb"(?m)^[ \t]*+import\s++[\w$]++\s++from\s*+['\"]([^'\"\n]++)['\"]"


def _tokens(script: bytes) -> tuple[int, tuple[str, ...]]:
    """The number of a script's tokens, without comments, and the files that it imports."""
    count = sum(match.lastindex is None for match in re.finditer(_TOKENS, script))
    names = [name.decode(errors="surrogateescape") for name in re.findall(_IMPORTED, script)]
    return count, tuple(name for name in names if name not in _BUILT_IN)


def _machines(configuration: Configuration) -> Iterator[Counted]:
    present = configuration.tree.index_names()
    if _IMPORT not in present:
        return
    njs = configuration.target.njs
    machine, token = since(njs, MACHINE), since(njs, TOKEN)
    among, apart = since(njs, FREED)
    of_machine = Amount(heap=round(among * machine), code=round(apart * machine))
    of_machine = of_machine._replace(large=machine - of_machine.in_heap)
    for block in configuration.tree.having(name for name in _MAKING if name in present):
        imports = _in_force(block, _IMPORT)
        if not imports or not any(block.settings(name) for name in _MAKING):
            continue
        tokens = _of_scripts(block, imports, configuration)
        amount = of_machine.plus(Amount(code=token * tokens))
        yield Counted(amount, 1, imports[0], f"{imports[0].name} {imports[0].value}")


def _in_force(block: Block, name: str) -> list[Setting]:
    """The directives of a name in a block and around it, which njs takes together."""
    return [setting for around in (block, *block.ancestors()) for setting in around.settings(name)]


def _of_scripts(block: Block, imports: list[Setting], configuration: Configuration) -> int:
    """The tokens of all scripts that a machine compiles, each once."""
    tree, files = configuration.tree, configuration.files
    around = [tree.directory]
    around += [full_path(setting.value, tree) for setting in _in_force(block, _PATH)]
    pending = [
        (c_string(setting.directive.args[-1]), tree.directory)
        for setting in imports
        if setting.directive.args
    ]
    seen: set[str] = set()
    tokens = 0
    while pending:
        name, directory = pending.pop()
        # njs_module_lookup(): beside what imports it, then as js_path says
        paths = [name if name.startswith("/") else f"{at}/{name}" for at in (directory, *around)]
        tree.work.take(len(paths))
        path = next(filter(files.is_there, paths), paths[0])
        if path not in seen:
            seen.add(path)
            count, modules = files.facts(path, _tokens, is_small=True) or (0, ())
            tree.work.take(count)
            tokens += count
            pending += [(module, path.rpartition("/")[0]) for module in modules]
    return tokens


RECORDS: tuple[Record, ...] = (
    Record(
        MACHINES,
        _MAKING,
        _machines,
        "ngx_js_merge_vm(), njs_vm_compile()",
        "js_import in location; js_path; js_import of 100 kB, long/data/dense/comments",
        by_target=True,
    ),
)
