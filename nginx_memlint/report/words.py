"""The words of reports: each has one meaning, and ``memlint explain`` tells it."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """A word of reports, other words for it, and what it means."""

    name: str
    others: tuple[str, ...]
    text: str


WORDS = (
    Word(
        "TLS context",
        ("context", "contexts", "ssl_ctx"),
        "An OpenSSL context (SSL_CTX): versions, ciphers, certificates and CAs for TLS. A module "
        "makes one for each block that asks for one; a block that shares its parent's makes none. "
        "An empty one takes about 14 KiB.",
    ),
    Word(
        "CA load",
        ("load", "loads", "read and kept"),
        "A CA bundle is read and parsed into one TLS context, which keeps a copy of every "
        "certificate. The same file read for 4,000 blocks is 4,000 loads.",
    ),
    Word(
        "CA bundle",
        ("bundle", "bundles"),
        "A file of certificates that others are verified against, named by "
        "lua_ssl_trusted_certificate, proxy_ssl_trusted_certificate and their like. That of a "
        "system has about 150 certificates, which take 0.8 MiB a load on Debian 12.",
    ),
    Word(
        "block",
        ("blocks",),
        "A server, location, if or limit_except: what stands in braces, each inclusion of a file "
        "counted. nginx merges the settings of the blocks around it into each of them.",
    ),
    Word(
        "worker",
        ("workers",),
        "A process that serves connections (worker_processes). It shares memory with the master "
        "until one of them writes to it; what an exiting worker frees, it first copies.",
    ),
    Word(
        "start",
        ("at start", "running"),
        "nginx has read its configuration and forked its workers: what it takes before any reload. "
        "While it reads a large map it takes more, which it frees again: memlint verify says that.",
    ),
    Word(
        "reload peak",
        ("peak", "while reloading", "one reload", "reloads in a row", "worst reload peak"),
        "The most that all of nginx takes while a reload is under way: old and new configuration, "
        "and what old workers copy as they exit. The worst is that of a later reload: not all "
        "that earlier ones left behind is used again, and in hundreds of reloads each process "
        "comes to copy most of the master's memory. It is what a budget is held against.",
    ),
    Word(
        "held worker",
        ("held", "with workers held"),
        "An old worker that connections keep alive after a reload. It keeps its generation of the "
        "configuration until it exits; worker_shutdown_timeout bounds that.",
    ),
    Word(
        "generation",
        ("generations",),
        "A configuration as one reload has read it. Workers that are held keep theirs, so several "
        "are in memory at once.",
    ),
    Word(
        "zone",
        ("zones", "shared memory", "shared memory zone"),
        "Memory that all workers share, of a size that the configuration states (lua_shared_dict, "
        "limit_req_zone, keys_zone of a cache). It counts in full once it is full, and once, not "
        "for each worker.",
    ),
    Word(
        "budget",
        ("budgets", "over budget"),
        "The memory that nginx may take: --max-memory for the worst reload peak, others for a "
        "start, zones and counts. More is an error, and exit status 1.",
    ),
    Word(
        "target",
        ("targets", "server version"),
        "The server that a configuration is for: versions of nginx, its modules and OpenSSL, and "
        "the costs that were measured there. They decide how many contexts there are.",
    ),
    Word(
        "finding",
        ("findings",),
        "What a rule has to say of a configuration: an error, a warning or a note, with the line, "
        "and mostly with a change that helps.",
    ),
    Word(
        "safe fix",
        ("safe", "unsafe", "unsafe fix", "fix", "fixable"),
        "A change that --fix makes: what nginx does, and what was meant, stay as they are. An "
        "unsafe one may be the wrong one of two answers, such as to remove the CA certificates of "
        "a verification that is off: --fix --unsafe-fixes makes it.",
    ),
    Word(
        "problem",
        ("problems", "not all read", "not read in full"),
        "Something that kept the configuration from being read as nginx would read it. The counts "
        "are then at least what they say, and the exit status is 3.",
    ),
    Word(
        "assumption",
        ("assumptions", "assumed", "guessed", "guess"),
        "What nobody stated and the figures take for granted, such as the target or the number of "
        "workers. A guess stands for something that was looked for and is not there, and makes a "
        "range of the figure.",
    ),
)
"""All words, in the order in which an explanation needs them."""

BY_NAME = {
    name.lower(): word for word in WORDS for name in (word.name, f"{word.name}s", *word.others)
}
"""A word in lower case, or another for it → the word."""
