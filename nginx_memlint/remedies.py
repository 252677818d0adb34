"""What would help, by counting and estimating again with the change made."""

from __future__ import annotations

from collections.abc import Callable

from nginx_memlint.config.tree import Block, Setting, Tree
from nginx_memlint.memory.estimate import Bundles, Estimate, Priced, unit_bytes
from nginx_memlint.memory.targets import Target, with_versions
from nginx_memlint.records import record
from nginx_memlint.rules import Cause
from nginx_memlint.sizes import MIB
from nginx_memlint.tls.ca_bundle import Bundle
from nginx_memlint.tls.contexts import Context
from nginx_memlint.tls.families import LUA_TRUSTED, SHARED_LUA

FEW_CERTIFICATES = 10
"""Size of the smaller bundle that is proposed: the CAs a service talks to are few."""

WORTH_SAYING = 16 * MIB
"""Bytes at start below which a change is not proposed."""

TLS_HANDLERS = (
    "rewrite_by_lua",
    "access_by_lua",
    "content_by_lua",
    "server_rewrite_by_lua",
    "precontent_by_lua",
    "ssl_certificate_by_lua",
    "ssl_client_hello_by_lua",
    "ssl_session_fetch_by_lua",
)
"""Handlers from which Lua can open a connection, and so needs the bundle (lua-nginx-module's
documentation of ngx.socket.tcp: not in set, log, header and body filters)."""


@record
class Proposal:
    """A change, and the estimate of the configuration with it."""

    change: str
    after: Estimate
    loads: int


@record
class Situation:
    """The configuration as it is, and how to estimate another."""

    tree: Tree
    target: Target
    priced: list[Priced]
    bundles: Bundles
    recount: Callable[[Target], list[Context]]
    again: Callable[[list[Context], Target, dict[str, int] | None], Estimate]


def proposals(situation: Situation, now: Estimate, causes: list[Cause]) -> list[Proposal]:
    """The changes worth making for the costliest cause, those that save most first."""
    if not causes:
        return []
    cause = causes[0]
    found = [
        proposal
        for make in (_move, _smaller_bundle, _newer_lua)
        if (proposal := make(situation, cause)) and now.start - proposal.after.start >= WORTH_SAYING
    ]
    return sorted(found, key=lambda proposal: proposal.after.start)


def _move(situation: Situation, cause: Cause) -> Proposal | None:
    """Set the directive only in the blocks that run Lua which can open a connection."""
    setting = cause.setting
    if setting.directive.name != LUA_TRUSTED:
        return None
    users = _lua_users(situation.tree, setting.block)
    if setting.block in users:
        return None
    inside = {inner for block in users for inner in block.walk()}
    rests: dict[int, list[Setting]] = {}
    contexts = [
        context if context.block in inside else _without(context, setting, rests)
        for context in (item.context for item in situation.priced)
    ]
    after = situation.again(contexts, situation.target, None)
    remaining = sum(len(context.bundles) for context in contexts)
    where = f"into the {len(users):,} block{'s' * (len(users) != 1)} that run Lua"
    change = f"move the directive {where}" if users else "remove the directive: no Lua needs it"
    return Proposal(change, after, remaining)


def _lua_users(tree: Tree, block: Block) -> list[Block]:
    """The outermost blocks below (or this one) that have a handler which can open connections.

    An ``if`` or ``limit_except`` cannot hold the directive: its location stands for it.
    """
    found: dict[int, Block] = {}
    for inner in tree.where(lambda s: any(name.startswith(TLS_HANDLERS) for name in s.positions)):
        if inner is not block and block not in inner.ancestors():
            continue
        holder = inner
        while holder.kind in ("if", "limit_except") and holder.parent is not None:
            holder = holder.parent
        found[id(holder)] = holder
    return [
        holder
        for holder in found.values()
        if not any(id(outer) in found for outer in holder.ancestors())
    ]


def _without(context: Context, setting: Setting, rests: dict[int, list[Setting]]) -> Context:
    """The context without the setting's bundle; equal lists stay one list."""
    bundles = context.bundles
    if id(bundles) not in rests:
        rest = [bundle for bundle in bundles if bundle.key != setting.key]
        rests[id(bundles)] = rest if len(rest) < len(bundles) else bundles
    return context.with_bundles(rests[id(bundles)])


def _smaller_bundle(situation: Situation, cause: Cause) -> Proposal | None:
    """Use a bundle with just the CAs needed."""
    path = situation.bundles.path(cause.setting)
    bundle = situation.bundles.bundle(path)
    count = situation.bundles.certificates(path)
    if count <= 2 * FEW_CERTIFICATES:
        return None
    mean = bundle.der_bytes // count if bundle else 1100
    small = unit_bytes(Bundle(FEW_CERTIFICATES, FEW_CERTIFICATES * mean), situation.target.costs)
    contexts = [item.context for item in situation.priced]
    after = situation.again(contexts, situation.target, {path: small})
    change = f"use a bundle of the CAs needed, e.g. {FEW_CERTIFICATES} instead of {count}"
    return Proposal(change, after, sum(len(context.bundles) for context in contexts))


def _newer_lua(situation: Situation, cause: Cause) -> Proposal | None:
    """Upgrade to a lua-nginx-module whose blocks share contexts."""
    version = ".".join(map(str, SHARED_LUA))
    target = with_versions(situation.target, {"lua": version})
    if cause.setting.directive.name != LUA_TRUSTED or target.lua <= situation.target.lua:
        return None
    contexts = situation.recount(target)
    after = situation.again(contexts, target, None)
    change = f"upgrade to lua-nginx-module {version} or later (OpenResty 1.25.3.1, Debian 13)"
    return Proposal(change, after, sum(len(context.bundles) for context in contexts))
