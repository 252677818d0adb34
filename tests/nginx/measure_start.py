"""Experiments on what a configuration costs at start, and on the CPU of `nginx -t`."""

import argparse
import tempfile
from pathlib import Path

from tests.nginx.experiment import (
    LUA,
    START_TIMEOUT,
    Results,
    Setup,
    at_rest,
    bundle_facts,
    one_server,
    slope,
    with_bundle,
)
from tests.nginx.facts_rows import Site
from tests.nginx.prefix import (
    listed_certificates,
    main_conf,
    make_prefix,
    pem_bundle,
    server_certificate,
    write_conf,
)
from tests.nginx.processes import Memory
from tests.nginx.stack import Stack


def bundles(stack: Stack, directory: Path, arguments: argparse.Namespace) -> None:
    """Measure memory at start and CPU of `nginx -t` over bundle sizes and numbers of contexts."""
    everything = len(listed_certificates())
    sizes = [everything if size == 0 else size for size in arguments.certificates]
    files = {size: pem_bundle(size) for size in sizes}
    inputs = {
        "workers": 2,
        "contexts": arguments.contexts,
        "bundles": [bundle_facts(files[size], size) for size in sizes],
        "repeats": arguments.repeats,
    }
    results = Results(arguments.out / f"bundles-{stack.name}.json", stack, inputs)
    base_cpu: dict[int, float] = {}
    base: dict[int, Memory] = {}
    for size in [0, *sizes]:
        bundle = files.get(size)
        for contexts in arguments.contexts:
            setup = with_bundle(stack, directory, contexts, bundle, workers=2)
            tests = [
                stack.test(
                    setup.conf, prefix=setup.prefix, timeout=START_TIMEOUT, files=setup.files
                )
                for _ in range(arguments.repeats)
            ]
            memories = []
            for _ in range(arguments.repeats):
                with setup.run() as server:
                    memories.append(at_rest(server))
            memory = min(memories, key=lambda one: one.anon)
            cpu = min(test.cpu_seconds for test in tests)
            if size == 0:
                base[contexts], base_cpu[contexts] = memory, cpu
            results.add(
                certificates=size,
                contexts=contexts,
                ssl_ctx_new=tests[0].counts.contexts,
                loads=tests[0].counts.loads,
                pss_kb=memory.pss,
                anon_kb=memory.anon,
                growth_pss_kb=memory.pss - base[contexts].pss,
                growth_anon_kb=memory.anon - base[contexts].anon,
                kb_per_context=round((memory.anon - base[contexts].anon) / contexts, 2),
                anon_kb_all=[one.anon for one in memories],
                test_max_rss_kb=tests[0].max_rss_kb,
                test_cpu_s=cpu,
                test_cpu_s_all=[test.cpu_seconds for test in tests],
                cpu_ms_per_context=round((cpu - base_cpu[contexts]) * 1000 / contexts, 3),
            )
        of_size = [row for row in results.rows if row["certificates"] == size]
        kb = slope([(row["contexts"], row["growth_anon_kb"]) for row in of_size])
        cpu_ms = slope(
            [
                (row["contexts"], 1000 * (row["test_cpu_s"] - base_cpu[row["contexts"]]))
                for row in of_size
            ]
        )
        results.summary[f"{size} certificates"] = {
            "kb_per_context": round(kb, 2),
            "cpu_ms_per_context": round(cpu_ms, 3),
        }
    by_size = [
        (bundle_facts(files[size], size), results.summary[f"{size} certificates"]) for size in sizes
    ]
    for what, unit in (("kb_per_context", "kb"), ("cpu_ms_per_context", "cpu_ms")):
        results.summary[f"{unit}_per_certificate"] = round(
            slope([(facts["certificates"], costs[what]) for facts, costs in by_size]), 4
        )
        results.summary[f"{unit}_per_pem_kilobyte"] = round(
            slope([(facts["bytes"] / 1000, costs[what]) for facts, costs in by_size]), 4
        )
    results.write()


def blocks(stack: Stack, directory: Path, arguments: argparse.Namespace) -> None:
    """Measure what a location costs without any bundle, with and without the lua module."""
    inputs = {"workers": 2, "locations": arguments.locations, "repeats": arguments.repeats}
    results = Results(arguments.out / f"blocks-{stack.name}.json", stack, inputs)
    variants = {
        "no lua module": ("", ""),
        "lua module": (stack.load_lines(LUA), ""),
        "lua module, lua_ssl_verify_depth in each": (
            stack.load_lines(LUA),
            "lua_ssl_verify_depth 1;",
        ),
    }
    for variant, (modules, directive) in variants.items():
        points_pss, points_anon, points_cpu = [], [], []
        for locations in arguments.locations:
            prefix = make_prefix(Path(tempfile.mkdtemp(dir=directory)))
            http = one_server(prefix, locations + 1, location=directive)
            conf = write_conf(prefix, main_conf(prefix, http, modules=modules, workers=2))
            setup = Setup(stack, conf, prefix, ())
            tests = [stack.test(conf, prefix=prefix) for _ in range(arguments.repeats)]
            memories = []
            for _ in range(arguments.repeats):
                with setup.run() as server:
                    memories.append(at_rest(server))
            memory = min(memories, key=lambda one: one.anon)
            cpu = min(test.cpu_seconds for test in tests)
            results.add(
                variant=variant,
                locations=locations,
                ssl_ctx_new=tests[0].counts.contexts,
                pss_kb=memory.pss,
                anon_kb=memory.anon,
                anon_kb_all=[one.anon for one in memories],
                test_cpu_s=cpu,
            )
            points_pss.append((locations, memory.pss))
            points_anon.append((locations, memory.anon))
            points_cpu.append((locations, cpu * 1000))
        results.summary[variant] = {
            "pss_kb_per_location": round(slope(points_pss), 2),
            "anon_kb_per_location": round(slope(points_anon), 2),
            "cpu_ms_per_location": round(slope(points_cpu), 4),
        }
    results.write()


FAMILIES: dict[str, tuple[str, str | None, str | None]] = {
    "server": ("", "", None),
    "ssl server": ("{pair}", "", None),
    "ssl server, ssl_trusted_certificate": ("{pair} ssl_trusted_certificate {ca};", "", None),
    "ssl server, ssl_client_certificate, verify off": (
        "{pair} ssl_client_certificate {ca};",
        "",
        None,
    ),
    "ssl server, ssl_client_certificate, verify on": (
        "{pair} ssl_client_certificate {ca}; ssl_verify_client on;",
        "",
        None,
    ),
    "proxy_pass http": ("", None, "proxy_pass http://127.0.0.1;"),
    "proxy_pass https": ("", None, "{https}"),
    "proxy_pass https, CA and verify in http": ("{verify}", None, "{https}"),
    "proxy_pass https, CA and verify in each": ("", None, "{https} {verify}"),
}
"""Inside of http, of each server (None: one server), of each location (None: none), by name."""


def family_http(variant: str, blocks: int, site: Site) -> str:
    """The inside of http with so many blocks of a variant."""
    words = {
        "pair": site.pair,
        "ca": site.bundle,
        "https": "proxy_pass https://127.0.0.1;",
        "verify": f"proxy_ssl_trusted_certificate {site.bundle}; proxy_ssl_verify on;",
    }
    http, server, location = (
        None if text is None else text.format(**words) for text in FAMILIES[variant]
    )
    if server is not None:
        listening = site.ssl() if http else site.plain()
        servers = (f"server {{ {listening} server_name s{i}; {server} }}\n" for i in range(blocks))
        return f"{http}{''.join(servers)}"
    text = one_server(site.prefix, blocks + 1, http=http or "", location=location or "")
    return text.replace(" return 204;", "")


def families(stack: Stack, directory: Path, arguments: argparse.Namespace) -> None:
    """Measure what a block costs in nginx's own families, with and without a bundle."""
    certificates = arguments.certificates[0]
    bundle = pem_bundle(certificates)
    certificate, key = server_certificate()
    inputs = {
        "workers": 2,
        "blocks": arguments.contexts,
        "bundle": bundle_facts(bundle, certificates),
        "repeats": arguments.repeats,
        "modules": "none",
    }
    results = Results(arguments.out / f"families-{stack.name}.json", stack, inputs)
    for variant in FAMILIES:
        points_kb, points_cpu = [], []
        for blocks in arguments.contexts:
            prefix = make_prefix(Path(tempfile.mkdtemp(dir=directory)))
            text = family_http(variant, blocks, Site(prefix, bundle, certificate, key))
            conf = write_conf(prefix, main_conf(prefix, text, workers=2))
            setup = Setup(stack, conf, prefix, (bundle, certificate, key))
            tests = [
                stack.test(conf, prefix=prefix, timeout=START_TIMEOUT, files=setup.files)
                for _ in range(arguments.repeats)
            ]
            memories = []
            for _ in range(arguments.repeats):
                with setup.run() as server:
                    memories.append(at_rest(server))
            memory = min(memories, key=lambda one: one.anon)
            cpu = min(test.cpu_seconds for test in tests)
            results.add(
                variant=variant,
                blocks=blocks,
                ssl_ctx_new=tests[0].counts.contexts,
                loads=tests[0].counts.loads,
                added_by_nginx=tests[0].counts.X509_STORE_add_cert,
                pss_kb=memory.pss,
                anon_kb=memory.anon,
                test_cpu_s=cpu,
            )
            points_kb.append((blocks, memory.anon))
            points_cpu.append((blocks, cpu * 1000))
        results.summary[variant] = {
            "anon_kb_per_block": round(slope(points_kb), 2),
            "cpu_ms_per_block": round(slope(points_cpu), 3),
        }
    results.write()
