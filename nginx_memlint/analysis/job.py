"""One configuration to be checked, with its options."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from nginx_memlint.files.bounds import STEPS_OF, bounds_for
from nginx_memlint.options.record import Options
from nginx_memlint.policy import Limits, Policy
from nginx_memlint.printable import printable
from nginx_memlint.result import ConfigReport, Lowered
from nginx_memlint.sources.disk import MACHINE, Disk
from nginx_memlint.sources.dump import banner_of
from nginx_memlint.sources.main_file import Lookup
from nginx_memlint.sources.source import Source
from nginx_memlint.targets.host_facts import NO_HOST_FACTS
from nginx_memlint.targets.targets import Target, find_target, with_replaced

if TYPE_CHECKING:
    from nginx_memlint.remedies.situation import Proposal, Situation
    from nginx_memlint.tree.tree import Tree


@dataclass(frozen=True, eq=False, repr=False)
class Job:
    """One configuration to be checked: ``name`` is a path, or ``-`` for ``options.data``.

    ``disk`` reads the files of this machine. Of an earlier reading of the same configuration,
    ``earlier`` is the tree: files of it are not parsed again unless they have changed. ``edited``
    are the paths, as nginx sees them, of all that has changed since, if that is known: then the
    tree is used up.
    """

    name: str
    options: Options = Options()
    disk: Disk = MACHINE
    earlier: Tree | None = None
    edited: Collection[str] = ()

    @property
    def lookup(self) -> Lookup:
        """The places where the files of the configuration are looked up."""
        asked = self.options
        return Lookup(
            asked.prefix,
            asked.sysroot,
            asked.path_map,
            self.disk,
            bounds_for(trusted=asked.trusted),
            asked.dump,
            asked.confine,
        )

    @cached_property
    def target(self) -> Target:
        """The server that the configuration is for. Raises MemlintError and ValueError."""
        target = self._named
        if self.options.facts is not None and target.host is NO_HOST_FACTS:
            return target._replace(host=self.options.facts)
        return target

    @property
    def _named(self) -> Target:
        target = self.options.target
        if isinstance(target, Target):
            return with_replaced(target, self.options.set)
        if target is None and self.options.data is not None:
            banner = banner_of(self.options.data)
            if " version: " in banner:
                from nginx_memlint.targets.banner import described_target  # noqa: PLC0415  seldom there

                piped = described_target(banner, "standard input")
                return with_replaced(piped, self.options.set)
        return find_target(target, self.options.set)

    @property
    def policy(self) -> Policy:
        """The policy of the options, with the budgets and the selection of rules among them."""
        policy = self.options.policy
        if self.options.select or self.options.ignore:
            policy = self._selected(policy)
        budgets = {
            name: value
            for name in Limits._fields
            if (value := getattr(self.options, name)) is not None
        }
        if (limit := self.target.host.memory_limit) is not None:
            budgets.setdefault("max_memory", limit)
        return policy._replace(limits=policy.limits._replace(**budgets))

    def _selected(self, policy: Policy) -> Policy:
        """A policy in which the rules that are left out are off; the report says which."""
        from nginx_memlint.rules.selection import selected, turned_off  # noqa: PLC0415  seldom there

        selection = self.options.select, self.options.ignore
        lowered = policy.lowered
        if codes := turned_off(policy.severities, *selection):
            given = zip(("select", "ignore"), selection, strict=True)
            flags = ", ".join(f"--{name} {','.join(codes)}" for name, codes in given if codes)
            what = f"{flags}: off {'are' if len(codes) > 1 else 'is'} {', '.join(codes)}"
            entry = Lowered(
                by="flags", of="findings", what=what, file=printable(self.name), line=None
            )
            lowered = (*lowered, entry)
        return policy._replace(severities=selected(policy.severities, *selection), lowered=lowered)


class Inspection(NamedTuple):
    """A report, and the situation it was made from.

    ``situation`` is None if there is no main file; ``absent`` tells that nothing is where it should
    be. ``fixes`` are, for each finding, the best change of the files. ``reread`` inspects the same
    configuration again, read from another source. ``used_up``: the earlier tree was.
    """

    report: ConfigReport
    situation: Situation | None = None
    absent: bool = False
    count_steps: Callable[[], int] = lambda: STEPS_OF.configuration
    fixes: Sequence[Proposal] = ()
    reread: Callable[[Source], Inspection] | None = None
    used_up: bool = False

    @property
    def steps(self) -> int:
        """Steps of all work on it, as the bound all-steps counts them: all files are split."""
        return self.count_steps()
