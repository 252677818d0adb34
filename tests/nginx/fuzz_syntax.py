"""Run the differential test for long: python -m tests.nginx.fuzz_syntax --cases 50000.

Cases that disagree are shrunk and left in a directory, one subdirectory each.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.nginx.compare_syntax import Comparison, compare
from tests.nginx.generate_syntax import Case, generate
from tests.nginx.stack import Stack, native

CHUNK = 250


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare many cases; return 1 if any disagrees."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0, help="the first case's")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--dump", type=Path, help="where failing cases are written")
    parser.add_argument("--most", type=int, default=20, help="failing cases before it stops")
    options = parser.parse_args(arguments)
    dump = options.dump or Path(tempfile.mkdtemp(prefix="fuzz-"))
    seeds = range(options.seed, options.seed + options.cases)
    chunks = [seeds[start : start + CHUNK] for start in range(0, len(seeds), CHUNK)]
    began = time.monotonic()
    total: Counter[str] = Counter()
    with ProcessPoolExecutor(options.processes) as pool:
        for number, (counted, failed) in enumerate(pool.map(run_chunk, chunks), 1):
            total += counted
            for seed in failed:
                report(seed, dump)
            if number % 20 == 0 or failed:
                print(f"{time.monotonic() - began:7.0f} s  {dict(total)}", flush=True)
            if total["disagree"] >= options.most:
                pool.shutdown(cancel_futures=True)
                break
    print(f"{time.monotonic() - began:7.0f} s  {dict(total)}")
    return 1 if total["disagree"] else 0


def run_chunk(seeds: Sequence[int]) -> tuple[Counter[str], list[int]]:
    """Compare the cases of these seeds; return counts and the seeds that disagree."""
    stack = native()
    preamble = lua_preamble(stack)
    counted: Counter[str] = Counter(cases=len(seeds))
    failed = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as directory:
        for seed in seeds:
            try:
                comparison = compare(stack, generate(seed, preamble), Path(directory) / "p")
            except Exception as error:  # whatever it is, the seed must be known
                print(f"seed {seed}: {error!r}", flush=True)
                counted["disagree"] += 1
                failed.append(seed)
                continue
            counted[kind_of(comparison)] += 1
            if not comparison.agree:
                counted["disagree"] += 1
                failed.append(seed)
    return counted, failed


def kind_of(comparison: Comparison) -> str:
    """How nginx judged the case."""
    if not comparison.counts:
        return "rejected for its meaning, or endless"
    return "accepted" if comparison.nginx.message is None else "rejected for its syntax"


def lua_preamble(stack: Stack) -> bytes:
    """The lines that load the Lua module."""
    return stack.load_lines("ngx_http_lua_module").encode()


def report(seed: int, dump: Path) -> None:
    """Shrink a failing case, write it down and say where."""
    stack = native()
    preamble = lua_preamble(stack)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as directory:
        work = Path(directory) / "p"
        case = generate(seed, preamble)
        try:
            case = shrink(stack, case, work, len(preamble))
            comparison = compare(stack, case, work)
        except Exception as error:  # a crash of memlint's is reported as it is
            print(f"seed {seed}: {error!r}")
            return
    case.write(dump / str(seed))
    print(f"seed {seed} in {dump / str(seed)}:")
    print(f"  nginx   {comparison.nginx}\n  memlint {comparison.memlint}")


def shrink(stack: Stack, case: Case, directory: Path, least: int, tries: int = 600) -> Case:
    """Leave out what is not needed for the disagreement."""
    left = tries
    progress = True
    while progress and left > 0:
        progress = False
        for smaller in _smaller(case, least):
            left -= 1
            if left <= 0:
                break
            if not compare(stack, smaller, directory).agree:
                case = smaller
                progress = True
                break
    return case


def _smaller(case: Case, least: int) -> Iterator[Case]:
    """The case with one file, link or stretch of bytes left out."""
    for name in case.files:
        if name != b"nginx.conf":
            yield replace(case, files={n: c for n, c in case.files.items() if n != name})
    for name in case.links:
        yield replace(case, links={n: t for n, t in case.links.items() if n != name})
    for name, content in sorted(case.files.items(), key=lambda item: -len(item[1])):
        size = len(content) // 2
        while size:
            for start in range(least if name == b"nginx.conf" else 0, len(content), size):
                shorter = content[:start] + content[start + size :]
                yield replace(case, files={**case.files, name: shorter})
            size //= 4


if __name__ == "__main__":
    sys.exit(main())
