"""The memory that shapes of TLS take at start, beside what is predicted of them.

    python -m tests.nginx.measure_tls --out results --seed 1
    python -m tests.nginx.measure_tls --out results --seed 1 --stack trixie

Predictions are kept with the measurements, so that costs that are mended later hide no error.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from nginx_memlint import check
from tests.nginx.experiment import Results
from tests.nginx.measure_parts import memory
from tests.nginx.part_cases import Place
from tests.nginx.prefix import make_prefix, write_conf
from tests.nginx.recorded import TARGETS
from tests.nginx.stack import Stack, available, native
from tests.nginx.tls_shapes import SHAPES, Shape, configuration, section_of, shape

KIB = 1024


def predicted(text: str, prefix: Path, stack: Stack) -> int:
    """Bytes that a start takes, as memlint says of a main file."""
    conf = write_conf(prefix, text)
    report = check(str(conf), target=TARGETS[stack.name])
    assert report.complete, report.problems
    return report.memory.total.start_bytes


@cache
def empty(section: str, workers: int, stack: Stack) -> int:
    """Bytes that nginx takes with the modules of a section, before there is a host."""
    with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
        prefix = make_prefix(Path(directory))
        drawn = Shape(section, hosts=0, workers=workers, certificates=None, files=0)
        return memory(stack, Place(prefix, {}, {}), configuration(drawn, prefix, stack))


def main() -> int:
    """Measure the shapes and write their recording."""
    parser = argparse.ArgumentParser(description="Measure shapes of TLS.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--stack", default=native().name)
    parser.add_argument("--shapes", type=int, nargs="+", default=list(range(SHAPES)))
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    [stack] = [stack for stack in available() if stack.name == arguments.stack]
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    inputs = {"seed": arguments.seed, "predicted_by": commit}
    results = Results(arguments.out / f"tls-{arguments.seed}-{stack.name}.json", stack, inputs)
    for number in arguments.shapes:
        drawn = shape(arguments.seed, number)
        with tempfile.TemporaryDirectory(prefix="memlint-") as directory:
            prefix = make_prefix(Path(directory))
            text = configuration(drawn, prefix, stack)
            said = predicted(text, prefix, stack)
            taken = memory(stack, Place(prefix, {}, {}), text)
            results.add(
                number=number,
                said=drawn.said,
                workers=drawn.workers,
                start_kb=taken // KIB,
                empty_kb=empty(section_of(drawn), drawn.workers, stack) // KIB,
                predicted_kb=round(said / KIB),
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
