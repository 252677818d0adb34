"""A thing that takes memory is found where it stands, and counted as often as nginx reads it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from nginx_memlint import ConfigReport, check
from nginx_memlint.analysis.examine import examine
from nginx_memlint.analysis.job import Job
from nginx_memlint.memory.certificate import (
    beyond_stock,
    certificate_bytes,
    own_bytes,
    revocation_bytes,
    sent_bytes,
)
from nginx_memlint.memory.parts import RECORDS
from nginx_memlint.memory.parts.expressions import expression_size
from nginx_memlint.memory.parts.record import CA_LOADS
from nginx_memlint.options.record import read_keywords
from nginx_memlint.result import MemoryPart
from nginx_memlint.targets.target_file import load_target
from nginx_memlint.targets.versions import Version
from nginx_memlint.tls.ca_bundle import bundle_of
from nginx_memlint.tls.der import Facts, Revoked
from tests.helpers import BUNDLE, MEASURED, http, memlint_here, with_bounds, write
from tests.nginx.part_cases import CASES, Place
from tests.nginx.part_files import place_in

MIB = 1 << 20
END = b"-----END CERTIFICATE-----\n"
RECORDINGS = Path(__file__).parent.parent / "nginx" / "recordings"


def report(directory: Path, inside: str, main: str = "", **options: object) -> ConfigReport:
    conf = write(directory, {"nginx.conf": http(inside, main)})
    return check(conf, **{"target": "debian-12", **options})


def part(checked: ConfigReport, name: str) -> MemoryPart:
    [named] = [part for part in checked.memory.parts if part.name == name]
    return named


@pytest.mark.parametrize(("nginx", "each"), [("1.24.0", 432), ("1.25.0", 440)])
def test_a_connection_is_larger_with_quic(tmp_path: Path, nginx: str, each: int) -> None:
    conf = write(tmp_path, {"nginx.conf": "events { worker_connections 1000; }"})
    checked = check(conf, target="debian-12", set={"nginx": nginx})
    assert part(checked, "worker_connections").worker_bytes == 1000 * each


BASE_FILE = f"""\
built_in = ["lua"]
base_master = 2_000_000
base_worker = 300_000
{MEASURED}"""


def test_nginx_itself_as_it_was_calibrated(tmp_path: Path) -> None:
    """Built-in modules were measured with it; those that are loaded come on top."""
    write(tmp_path, {"target.toml": BASE_FILE, "older.toml": BASE_FILE.replace("base_", "#")})
    loaded = "load_module modules/ngx_mail_module.so; "
    cache = f"proxy_cache_path {tmp_path}/c keys_zone=c:1m; server {{ }}"

    def sizes(file: str, name: str) -> MemoryPart:
        server = load_target(tmp_path / file)
        return part(report(tmp_path / "conf", cache, main=loaded, target=server), name)

    measured, tabled = (sizes(file, "nginx itself") for file in ("target.toml", "older.toml"))
    assert measured.worker_bytes == 300_000
    assert tabled.worker_bytes == 202 << 10
    assert measured.start_bytes - tabled.start_bytes == (
        2_000_000 - ((942 + 774) << 10) + 2 * (300_000 - (202 << 10))
    )
    helpers = [
        sizes(file, "cache manager and loader").start_bytes
        for file in ("target.toml", "older.toml")
    ]
    assert helpers[0] - helpers[1] == 2 * (300_000 - (202 << 10))


VERIFYING = """location /{} {{ proxy_pass https://127.0.0.1; proxy_ssl_verify on;
    proxy_ssl_trusted_certificate ca.pem; }}"""


@pytest.mark.parametrize(
    ("target", "kib"),
    [("debian-11", 35), ("debian-12", 245), ("debian-13", 98), ("debian-sid", 100)],
)
def test_the_first_context_has_openssl_itself(tmp_path: Path, target: str, kib: int) -> None:
    without = report(tmp_path / "without", "server { }", target=target)
    assert "OpenSSL itself" not in {part.name for part in without.memory.parts}
    some = VERIFYING.format("a") + VERIFYING.format("b")
    checked = report(tmp_path / "some", f"server {{ {some} }}", target=target, unit_cost="1MiB")
    assert part(checked, "OpenSSL itself").heap_bytes == kib << 10


@pytest.mark.parametrize(
    ("target", "alone", "both"), [("debian-12", 305, 305), ("debian-13", 210, 152)]
)
def test_a_first_key_sets_up_what_a_first_ca_does(
    tmp_path: Path, target: str, alone: int, both: int
) -> None:
    serving = "listen 443 ssl; ssl_certificate a.pem; ssl_certificate_key a.key;"
    for name, inside, kib in (("a", "", alone), ("b", VERIFYING.format("a"), both)):
        checked = report(tmp_path / name, f"server {{ {serving} {inside} }}", target=target)
        assert part(checked, "OpenSSL itself").heap_bytes == kib << 10


@pytest.mark.parametrize("stores", [1, 3, 5])
def test_workers_sort_so_much_of_what_is_freed(tmp_path: Path, stores: int) -> None:
    """A fifth of each store, up to 900 KiB, and a tenth of contexts: of both no more pieces."""
    inside = f"server {{ {' '.join(map(VERIFYING.format, range(stores)))} }}"
    conf = write(tmp_path, {"nginx.conf": http(inside)})
    options = read_keywords({"target": "debian-12", "unit_cost": "1MiB"})
    situation = examine(Job(str(conf), options)).situation
    assert situation is not None
    amount = situation.amount
    assert amount.heap == pytest.approx(stores * MIB, abs=60_000)
    of_stores, of_contexts = 0.22 * amount.heap, 0.1 * amount.contexts
    times = of_stores / (900 << 10) + of_contexts / (400 << 10)
    assert amount.loose == pytest.approx((of_stores + of_contexts) / max(1, times), abs=2)


def test_every_record_says_where_its_bytes_are_from() -> None:
    assert len({record.name for record in RECORDS}) == len(RECORDS)
    for record in RECORDS:
        assert record.function
        assert record.measured


def test_parts_add_up_to_the_total(tmp_path: Path) -> None:
    memory = report(tmp_path, "server { location / { return 204; } }").memory
    assert sum(one.start_bytes for one in memory.parts) == memory.total.start_bytes
    worst = sum(one.peak_bytes for one in memory.parts)
    assert worst == pytest.approx(memory.total.reload_peak_worst_bytes, rel=0.001)
    peaks = [one.peak_bytes for one in memory.parts]
    assert peaks == sorted(peaks, reverse=True)


def test_connections_of_every_worker(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        "worker_processes 4; worker_shutdown_timeout 1m;\n"
        "events {\n  worker_connections 1048576;\n}\nhttp { server { } }\n"
    )
    checked = check(conf, target="debian-12")
    connections = part(checked, "worker_connections")
    assert (connections.count, connections.line) == (1048576, 3)
    assert connections.start_bytes == 4 * 1048576 * 432 == 1728 * MIB
    assert checked.memory.total.start_bytes == pytest.approx(1730 * MIB, rel=0.01)
    newer = part(check(conf, target="debian-13"), "worker_connections")
    assert newer.worker_bytes == 1048576 * 440
    first, *_ = memlint_here("check", "--target", "debian-12", conf).out.splitlines()
    assert "1.7 GiB at start, up to 3.4 GiB while reloading" in first
    fewer = conf.read_text().replace("1048576", "16384").replace("processes 4", "processes 16")
    conf.write_text(fewer)
    ok, most, *_ = memlint_here("check", "--target", "debian-12", conf).out.splitlines()
    assert "ok " in ok
    assert most == (f"  most of it: worker_connections 16,384 × 16 workers: 108.0 MiB at {conf}:3")


def test_an_included_file_counts_each_time(tmp_path: Path) -> None:
    headers = "proxy_set_header A b;\n" * 6
    once = http(f"server {{ location / {{ {headers} proxy_pass http://a; }} }}")
    again = "location /@ { include headers; proxy_pass http://a; }"
    many = http("server { " + "".join(again.replace("@", str(n)) for n in range(10)) + " }")
    one = part(check(write(tmp_path / "one", {"nginx.conf": once})), "headers passed on")
    ten = part(
        check(write(tmp_path / "ten", {"nginx.conf": many, "headers": headers})),
        "headers passed on",
    )
    assert ten.pool_bytes == 10 * one.pool_bytes
    assert (ten.count, ten.file) == (60, str(tmp_path / "ten" / "headers"))


def test_keys_of_a_map_are_no_directives(tmp_path: Path) -> None:
    checked = report(tmp_path, "map $host $m { rewrite 1; set 2; } server { }")
    assert "rewriting" not in {one.name for one in checked.memory.parts}
    assert part(checked, "maps").count == 2


def test_machine_code_of_regular_expressions(tmp_path: Path) -> None:
    inside = "server { location ~ a { } location ~* b { } location /c { rewrite a b; } }"
    plain = part(report(tmp_path, inside), "regular expressions")
    compiled = part(report(tmp_path, inside, "pcre_jit on;"), "regular expressions")
    assert plain.heap_bytes == 0
    assert plain.pool_bytes == 3 * (200 + 3)
    assert compiled.heap_bytes == 3 * (8_820 + 32) + 450


def test_points_of_a_consistent_hash(tmp_path: Path) -> None:
    inside = "upstream u { hash $uri consistent; server a; server b weight=9; } server { }"
    points = part(report(tmp_path, inside), "consistent hashes")
    # as many again are free once they are sorted
    assert (points.count, points.heap_bytes) == (1_600, 2 * 1_600 * 16)


def test_many_points_are_sorted_beside_as_many(tmp_path: Path) -> None:
    """The room of qsort() is there at a start and in each reload, but not after: on musl never."""
    inside = "upstream u { hash $uri consistent; server a weight=20000; } server { }"
    size = 20_000 * 160 * 16
    glibc, musl = (
        part(report(tmp_path, inside, set={"libc": libc}), "consistent hashes").start_bytes
        for libc in ("glibc", "musl")
    )
    assert (glibc, musl) == (2 * size, size)


def test_networks_share_the_nodes_above_them(tmp_path: Path) -> None:
    apart = "10.0.0.0/24 1; 20.0.0.0/24 1;"
    together = "10.0.0.0/24 1; 10.0.1.0/24 1;"
    sizes = [
        part(report(tmp_path, f"geo $g {{ {text} }} server {{ }}"), "geo").heap_bytes
        for text in (apart, together)
    ]
    # two trees of a page at least, whose first six levels are there; below them, 36 nodes and 19
    assert sizes == [61 * 128 * 3] * 2
    inside = " ".join(f"{n}.0.0.0/24 1;" for n in range(0, 100, 4))
    assert part(report(tmp_path, f"geo $g {{ {inside} }} server {{ }}"), "geo").heap_bytes == (
        61 * 128 * (1 + -(-(127 + 25 * 18) // 128))
    )


def test_zones_are_resident_in_part(tmp_path: Path) -> None:
    checked = report(tmp_path, "limit_req_zone $uri zone=a:64m rate=1r/s; server { }")
    zones = part(checked, "zones")
    assert zones.zone_reserved_bytes == 64 * MIB
    assert zones.zone_resident_bytes == 10_380 + 64 * 256 * 24
    total = checked.memory.total
    rest = zones.zone_reserved_bytes - zones.zone_resident_bytes
    kernel = total.limit_bytes - total.reload_peak_worst_bytes - rest
    processes = 1 + 2 * checked.workers
    tables = processes * 64 * MIB // 512
    assert tables < kernel - processes * 120_000 < tables + 50_000


@pytest.mark.parametrize(
    ("main", "aio", "threads"),
    [
        ("", "threads", 32),
        ("", "threads=default", 32),
        ("thread_pool default threads=7;", "threads=default", 7),
        ("thread_pool disk threads=40;", "threads=disk", 40),
        ("thread_pool disk threads=40;", "threads", 72),
        ("thread_pool disk threads=40;", "threads=$host", 40),
    ],
)
def test_threads_are_of_each_worker(tmp_path: Path, main: str, aio: str, threads: int) -> None:
    """The kernel takes more for one than nginx does, and a limit has to hold that as well."""
    checked = report(tmp_path, f"aio {aio}; server {{ }}", f"worker_processes 3; {main}")
    without = report(tmp_path, "server { }", "worker_processes 3;")
    assert part(checked, "threads").worker_bytes == 8_500 * threads
    more, less = checked.memory.total, without.memory.total
    kernel = [it.limit_bytes - it.reload_peak_worst_bytes for it in (more, less)]
    assert kernel[0] - kernel[1] == pytest.approx(2 * 3 * 27_300 * threads, abs=100)


@pytest.mark.parametrize(("stated", "more"), [(1_000_000, 998_976), (1024, 0), (0, 0)])
def test_each_entry_of_luas_cache_of_threads(stated: int, more: int, tmp_path: Path) -> None:
    """1,000,000 took 31,969,280 bytes more than the default (nginx 1.22.1, Lua 0.10.23)."""
    text = f"lua_thread_cache_max_entries {stated}; server {{ }}"
    parts = report(tmp_path, text).memory.parts
    assert sum(part.start_bytes for part in parts if "threads" in part.name) == 32 * more


def test_a_heap_that_is_stated(tmp_path: Path) -> None:
    init, worker = "init_by_lua_block { }", "init_worker_by_lua_block { }"
    without = report(tmp_path, f"{init} server {{ }}")
    stated = report(tmp_path, f"{init} server {{ }}", lua_heap="200MiB")
    assert part(stated, "Lua heaps").start_bytes == 200 * MIB
    grown = stated.memory.total.start_bytes - without.memory.total.start_bytes
    assert grown == 200 * MIB
    # exiting workers copy it: (W + 1) L
    assert part(stated, "Lua heaps").peak_bytes == pytest.approx(3 * 200 * MIB, rel=0.06)
    assert [item.what for item in without.not_priced] == ["Lua heaps"]
    assert stated.not_priced == []
    assert "200.0 MiB for Lua's heap, as given" in stated.assumptions
    in_workers = report(tmp_path, f"{worker} server {{ }}", lua_heap="200MiB")
    assert part(in_workers, "Lua heaps").worker_bytes == 200 * MIB


@pytest.mark.parametrize(
    ("inside", "kind"),
    [
        ("server { listen 80; }", "idle"),
        ("server { listen 80; location / { proxy_pass http://b; } }", "proxied"),
        ("server { listen 443 ssl; %s }", "idle, TLS"),
        ("server { listen 443 ssl; %s location / { fastcgi_pass b; } }", "proxied, TLS"),
        ("server { location / { proxy_pass https://b; } }", "proxied"),
    ],
)
def test_connections_that_are_stated(tmp_path: Path, inside: str, kind: str) -> None:
    inside = inside.replace("%s", "ssl_certificate a.pem; ssl_certificate_key a.key;")
    recorded = json.loads((RECORDINGS / "connections-bookworm.json").read_text())["bytes"][kind]
    without, stated = report(tmp_path, inside), report(tmp_path, inside, connections=10_000)
    assert part(stated, "connections").start_bytes == recorded * 10_000
    for phase in ("start_bytes", "reload_peak_worst_bytes", "limit_bytes"):
        before, after = (getattr(it.memory.total, phase) for it in (without, stated))
        assert after - before == recorded * 10_000
    assert any("10,000 connections of" in text for text in stated.assumptions)
    assert not any("without traffic" in text for text in stated.assumptions)
    assert any("without traffic" in text for text in without.assumptions)


def test_a_budget_that_connections_are_over_names_them(tmp_path: Path) -> None:
    conf = write(tmp_path, {"nginx.conf": "events {}\nhttp { server { } }\n"})
    run = memlint_here("check", "--connections=1000000", "--max-memory=100MiB", conf)
    assert run.code == 1
    assert "nginx.conf:1:1: error ML201" in run.out
    write(tmp_path, {"memlint.toml": "connections = 1000000\n"})
    run = memlint_here("check", "--max-memory=100MiB", conf)
    assert "memlint.toml:1: connections is 1000000" in run.out


def test_text_is_kept_where_nginx_is_built_with_debug(tmp_path: Path) -> None:
    inside = "server { }\n#" + "x" * 1000
    with_text = part(report(tmp_path, inside), "text of the configuration")
    other = part(report(tmp_path, inside, target="openresty-1.21.4.1"), "text of the configuration")
    size = (tmp_path / "nginx.conf").stat().st_size
    assert with_text.pool_bytes - other.pool_bytes == size > 1000


NUMBERS = {
    "worker_connections": "events {{ worker_connections {}; }} http {{ }}",
    "kept connections": "events {{ }} http {{ upstream a {{ server 127.0.0.1; keepalive {}; }} }}",
    "consistent hashes": "events {{ }} http {{ upstream a {{ server 127.0.0.1 weight={}; "
    "hash $uri consistent; }} }}",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_is_read_as_nginx_does(name: str, tmp_path: Path) -> None:
    """``ngx_atoi()`` takes any number of leading zeros."""

    def start(value: str) -> int:
        conf = write(tmp_path / value[-9:], {"nginx.conf": NUMBERS[name].format(value)})
        return check(conf, target="debian-12").memory.total.start_bytes

    padded = start("0" * 30 + "100000")
    assert padded == pytest.approx(start("100000"), abs=1000)  # the text itself is kept
    assert padded > start("1000") + MIB


def test_the_last_weight_counts(tmp_path: Path) -> None:
    sizes = []
    for weights in ("weight=1 weight=30000", "weight=30000", "weight=30000 weight=1"):
        text = NUMBERS["consistent hashes"].replace("weight={}", weights).format()
        conf = write(tmp_path, {"nginx.conf": text})
        sizes.append(check(conf, target="debian-12").memory.total.start_bytes)
    assert sizes[0] == pytest.approx(sizes[1], abs=1000)  # the text itself is kept
    assert sizes[0] > sizes[2] + MIB


def test_a_log_in_memory_is_counted(tmp_path: Path) -> None:
    text = "error_log memory:200m debug; events { } http { server { listen 80; } }"
    checked = check(write(tmp_path, {"nginx.conf": text}), target="debian-12")
    assert 200 << 20 <= checked.memory.total.start_bytes < 210 << 20


@pytest.mark.parametrize("directive", ["ssl_certificate", "ssl_crl"])
def test_a_file_beyond_a_bound_is_a_problem(
    directive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_bounds(monkeypatch, file_bytes=4096)
    certificate = "" if directive == "ssl_certificate" else "ssl_certificate a.pem;"
    inside = f"server {{ listen 443 ssl; {certificate} {directive} big.pem; }}"
    files: dict[str, str | bytes] = {"nginx.conf": http(inside), "big.pem": b"#" * 5000}
    checked = check(write(tmp_path, files), target="debian-12")
    assert not checked.complete
    assert any(problem.file.endswith("big.pem") for problem in checked.problems)


def test_files_that_are_not_there_are_told(tmp_path: Path) -> None:
    inside = "server { listen 443 ssl; ssl_certificate a.pem; ssl_crl b.pem; }"
    checked = check(write(tmp_path, {"nginx.conf": http(inside)}), target="debian-12")
    assert any("1 file of certificates could not be read" in guess for guess in checked.guesses)
    assert any("1 revocation list could not be read" in guess for guess in checked.guesses)


def pool(directory: Path, name: str, inside: str, **files: str) -> int:
    listed: dict[str, str | bytes] = {
        "nginx.conf": http(inside),
        **{key.replace("_", "."): v for key, v in files.items()},
    }
    checked = check(write(directory, listed), target="debian-12")
    counted = [one for one in checked.memory.parts if one.name == name]
    return sum(one.pool_bytes + one.heap_bytes for one in counted)


IN_ONE_BLOCK = {
    row["part"]: row["text"] + row["master"] + row["worker"]
    for row in json.loads((RECORDINGS / "parts-bookworm.json").read_text())["rows"]
    if row["sizes"] in ([2_000, 10_000], [50, 200])
    and row["part"].startswith(
        ("set_real", "words of", "mirror", "set_by", "js_", "proxy_redirect in", "proxy_ssl_conf")
    )
}


def test_what_a_block_may_have_many_of_is_told(tmp_path: Path) -> None:
    """Each further directive, and each further word, takes what it took in nginx, or some more."""
    place = Place(tmp_path, {}, {})
    (tmp_path / "m.js").write_text("export default {}")
    for name, measured in IN_ONE_BLOCK.items():
        few, many = (
            report(tmp_path, CASES[name].text(place, count)).memory.total.start_bytes
            for count in (50, 250)
        )
        assert measured <= (many - few) / 200 <= 1.15 * measured, name


def test_names_are_in_the_hash_of_each_address(tmp_path: Path) -> None:
    def names(listens: str) -> int:
        servers = [f"server {{ {listens} server_name n{i}.example.com; }}" for i in range(1000)]
        return pool(tmp_path, "server names", "\n".join(servers))

    one, four = names("listen 80;"), names("listen 80; listen 81; listen 82; listen 83;")
    assert four - one == 3 * (one - 70 * 1000) > 0
    # the same address in other words, and ports that are written as a range
    assert names("listen *:80;") == one
    assert names("listen 80-83;") == four


NAMED = "server {{ listen 80; listen 443; server_name {}.example.com; location / {{ }} }} "


@pytest.mark.parametrize(
    ("inside", "size"),
    [
        ("".join(map(NAMED.format, range(100))), 3 * 400_280),
        ("".join(map(NAMED.format, range(30))), 0),
        ("".join(map(NAMED.format, range(100))).replace("listen 443;", ""), 0),
        ("map $a $b { a b; } map $a $c { %s } server { }", 4 * 400_280),
        ("map $a $c { %s } server { }", 0),
        ("map $a $b { a b; } map $a $c { %s } server { @ }", 0),
        ("server { @ } map $a $b { a b; } map $a $c { %s }", 4 * 400_280),
    ],
)
def test_arrays_for_names_leave_room_in_the_heap(inside: str, size: int, tmp_path: Path) -> None:
    """From the second one on, unless what comes after a map takes it; measured on Debian 12."""
    locations = "".join(f"location /{number} {{ }} " for number in range(1_000))
    inside = inside.replace("@", locations).replace("%s", "".join(f"k{i} v; " for i in range(200)))
    parts = {part.name: part for part in report(tmp_path, inside).memory.parts}
    assert (parts["arrays for names"].heap_bytes if "arrays for names" in parts else 0) == size


CACHE = "proxy_cache_path /c keys_zone=c:1m; "
SET = "proxy_set_header Host $host; proxy_set_header X-A $uri; "
PASSED = "location {} {{ proxy_pass http://127.0.0.1; {} }} "


@pytest.mark.parametrize(
    ("inside", "blocks"),
    [
        (f"server {{ {PASSED.format('/', 'proxy_cache c;')} }}", 1),
        (f"server {{ {PASSED.format('/', 'proxy_cache off;')} }}", 0),
        (f"proxy_cache c; {SET} server {{ {PASSED.format('/', '')} }}", 1),
        (f"proxy_cache c; server {{ {PASSED.format('/', SET)} {PASSED.format('/a', SET)} }}", 3),
        (f"proxy_cache c; server {{ {PASSED.format('/', SET + 'proxy_cache off;')} }}", 1),
        (f"{SET} server {{ {PASSED.format('/', 'proxy_cache c;')} }}", 1),
    ],
)
def test_headers_are_compiled_once_more_for_a_cache(
    inside: str, blocks: int, tmp_path: Path
) -> None:
    """In each block but those that have both from around them."""
    parts = {part.name: part for part in report(tmp_path, CACHE + inside).memory.parts}
    asked = parts.get("asked for caches")
    assert (asked.count if asked else 0) == blocks
    if asked:
        assert asked.pool_bytes > 4_000 * blocks


def test_arrays_of_headers_double(tmp_path: Path) -> None:
    """The ninth header takes 4 kB, others a few hundred bytes (measured on Debian 12)."""

    def size(count: int) -> int:
        headers = "".join(f"proxy_set_header X-Head{i:02} $host;" for i in range(count))
        inside = f"server {{ location / {{ proxy_pass http://127.0.0.1; {headers} }} }}"
        return part(report(tmp_path / str(count), inside), "headers passed on").pool_bytes

    sizes = [size(count) for count in (7, 8, 9, 10)]
    steps = [after - before for before, after in pairwise(sizes)]
    assert steps[0] < 300
    assert 3_000 < steps[1] < 4_500
    assert steps[2] < 300


def test_a_server_alone_needs_no_hash(tmp_path: Path) -> None:
    names = " ".join(f"n{i}.example.com" for i in range(100))
    assert pool(tmp_path, "server names", f"server {{ server_name {names}; }}") == 7_000


def test_ports_of_a_range_are_sockets(tmp_path: Path) -> None:
    checked = report(tmp_path, "server { listen 127.0.0.1:8000-8999; }")
    assert part(checked, "listening sockets").count == 1_000
    assert part(checked, "listening sockets").worker_bytes == 410_000


def test_ports_of_a_range_in_stream_are_sockets(tmp_path: Path) -> None:
    text = "events { } stream { server { listen 8000-8999 udp; return a; } }"
    checked = check(write(tmp_path, {"nginx.conf": text}), target="debian-12")
    assert part(checked, "listening sockets").count == 999


def test_referers_are_the_names_of_the_server(tmp_path: Path) -> None:
    names = " ".join(f"n{i}.example.com" for i in range(100))
    location = "location / { valid_referers none server_names *.example.org; }"
    sizes = [
        pool(tmp_path, "referers", f"server {{ server_name {some}; {location} }}")
        for some in (names, "a")
    ]
    assert sizes[0] - sizes[1] == 99 * 195


def test_a_script_is_compiled_for_each_machine(tmp_path: Path) -> None:
    locations = "location /a { js_import a.js; } location /b { js_path lib; } location /c { }"
    inside = f"js_import m.js; server {{ {locations} }}"
    script = "import other from 'n.js';\n// a comment\n" + "var a = 'b c';\n" * 1000
    name = "machines of njs"
    with_empty = pool(tmp_path / "empty", name, inside, m_js="", a_js="", n_js="")
    assert with_empty == 3 * 104_000
    size = pool(tmp_path / "all", name, inside, m_js=script, a_js="", n_js="x;")
    assert size - with_empty == 3 * (5 * 1000 + 5 + 2) * 265


def test_a_script_that_is_not_there_is_told(tmp_path: Path) -> None:
    checked = report(tmp_path, "js_import gone.js; server { }")
    assert any("gone.js the first" in guess for guess in checked.guesses)


def test_a_base_of_ranges_that_is_ready_made(tmp_path: Path) -> None:
    files = {"ranges_txt": "10.0.0.0-10.0.0.255 1;", "ranges_txt_bin": "x" * 100_000}
    inside = "geo $g { ranges; include ranges.txt; } server { }"
    both = pool(tmp_path / "both", "geo", inside, **files)
    del files["ranges_txt_bin"]
    assert both - pool(tmp_path / "one", "geo", inside, **files) == 100_000


def test_ranges_are_cut_into_pieces(tmp_path: Path) -> None:
    def size(entry: str) -> int:
        return pool(tmp_path, "geo", f"geo $g {{ ranges; {entry} 1; }} server {{ }}")

    one, half = size("10.0.0.0-10.0.255.255"), size("0.0.0.0-127.255.255.255")
    assert half - one == (0x8000 - 1) * (16 + 24 + 1_090)


@pytest.mark.parametrize(
    ("text", "nodes"), [("2001:db8::/32", 26), ("2001:db8::1", 122), ("::ffff:1.2.3.4/128", 122)]
)
def test_networks_of_ipv6(text: str, nodes: int, tmp_path: Path) -> None:
    many = " ".join(f"{text.replace('2001', f'{n:x}')} 1;" for n in (0x2001, 0x4001, 0x6001))
    count = 3 if "2001" in text else 1
    expected = 61 * 128 * (1 + -(-(127 + count * nodes) // 128))
    checked = report(tmp_path, f"geo $g {{ {many} }} server {{ }}")
    assert part(checked, "geo").heap_bytes == expected


def test_charsets_have_pointers_to_each_other(tmp_path: Path) -> None:
    maps = "".join(f"charset_map a{i} b{i} {{ }} " for i in range(100))
    assert pool(tmp_path, "charset maps", maps) == 100 * 700 + 8 * 200**2


def test_passwords_are_read_for_each_directive(tmp_path: Path) -> None:
    servers = "server { ssl_password_file p.txt; } " * 3
    assert pool(tmp_path, "passwords of keys", servers, p_txt="abc\n" * 10) == 3 * 10 * (4 + 47)


def test_files_of_commands(tmp_path: Path) -> None:
    cas = tmp_path / "cas.pem"
    cas.write_bytes(BUNDLE.read_bytes())
    server = "listen 443 ssl; ssl_certificate a; ssl_certificate_key a;"
    command = f"ssl_conf_command {{}} {cas};"
    sizes = [
        pool(
            tmp_path, "files of OpenSSL's commands", f"server {{ {server} {command.format(name)} }}"
        )
        for name in ("ClientCAFile", "requestcafile", "Certificate", "Options")
    ]
    assert sizes[:2] == [pytest.approx(150 * 840, rel=0.01)] * 2
    assert sizes[2] == pytest.approx(150 * 5_812, rel=0.01)
    assert sizes[3] == 0


@pytest.mark.parametrize(
    ("text", "compiled"),
    [
        ("abc", 3 * 3),
        (r"a\.b", 3 * 3),
        ("[a-z]b", 36 + 3),
        ("(a|b)", 2 * 5 + 2 * 3),
        ("(ab){50}", 50 * (5 + 2 * 3)),
        ("(ab){2,50}", 50 * (5 + 2 * 3)),
        ("((ab){10}){10}", 10 * (5 + 10 * (5 + 2 * 3))),
        ("[]a]", 36),
        ("a)b(", 4 * 3 + 2),
        ("((ab){999}){999}", 65_535 - 200),
    ],
)
def test_bytes_of_an_expression(text: str, compiled: int) -> None:
    assert expression_size(text).compiled == 200 + compiled


@pytest.mark.parametrize(
    ("target", "keys", "copies"),
    [
        ("debian-13", ["a.key"] * 3, 3),
        ("debian-sid", ["a.key"] * 3, 1),
        ("debian-sid", ["a.key", "b.key", "a.key"], 2),
    ],
)
def test_a_key_of_many_certificates(
    tmp_path: Path, target: str, keys: list[str], copies: int
) -> None:
    """From nginx 1.27.2 on a key is kept once, whatever certificates it belongs to."""
    certificate = BUNDLE.read_bytes().split(END)[0] + END
    for number in range(3):
        write(tmp_path, {f"{number}.pem": certificate.decode()})
    listed = [
        f"ssl_certificate {at}.pem; ssl_certificate_key {key};" for at, key in enumerate(keys)
    ]

    def size(inside: str) -> int:
        return part(report(tmp_path, inside, target=target), "certificates").heap_bytes

    apart = "".join(f"server {{ listen 443 ssl; {pair} }}" for pair in listed)
    together = f"server {{ listen 443 ssl; {' '.join(listed)} }}"
    above = f"{' '.join(listed)} server {{ listen 443 ssl; }}"
    one = own_bytes(bundle_of(certificate).facts[0], Version((3, 5)))
    alike = 500 * 3 if target == "debian-sid" else 0
    assert size(apart) == size(together) == size(above) == 3 * one + 3_450 * copies + alike


@pytest.mark.parametrize(
    ("logs", "pages", "unwritten"),
    [
        ("access_log a buffer=64k;", 1, 60 << 10),
        ("access_log a combined buffer=64k; access_log b combined buffer=16k;", 2, 72 << 10),
        ("access_log a gzip;", 1, 60 << 10),
        ("access_log a combined gzip buffer=1m;", 1, 1020 << 10),
        ("access_log a buffer=64k; server { access_log a buffer=64k; }", 1, 60 << 10),
        ("access_log a buffer=1k;", 1, 0),
    ],
)
def test_buffers_of_logs(tmp_path: Path, logs: str, pages: int, unwritten: int) -> None:
    """A page of each file's is written to at a start, all of it may be resident after reloads."""
    checked = report(tmp_path, logs)
    assert part(checked, "buffers of logs").pool_bytes == pages * 4096
    conf = write(tmp_path, {"nginx.conf": http(logs)})
    situation = examine(Job(str(conf), read_keywords({"target": "debian-12"}))).situation
    assert situation is not None
    assert situation.amount.unwritten == unwritten


def test_a_certificate_by_what_is_in_it() -> None:
    """The stock bundle is the measure: of its certificates together nothing is beyond it."""
    facts = bundle_of(BUNDLE.read_bytes()).facts
    assert abs(beyond_stock(facts)) < 0.002 * sum(map(certificate_bytes, facts))
    plain = Facts(1_000, extensions=3, attributes=2)
    assert certificate_bytes(plain._replace(has_ec_key=True)) - certificate_bytes(plain) == 1_337
    named = plain._replace(names=3, other_names=1, points=2)
    decoded = own_bytes(named, Version((3, 4))) - certificate_bytes(named)
    assert decoded == 3 * 110 + 140 + 570
    assert own_bytes(named, Version((3, 5))) == certificate_bytes(named)
    assert beyond_stock([Facts(1_000)]) == 0


def test_extensions_of_revoked_entries() -> None:
    assert revocation_bytes([Revoked(10, 20)]) - revocation_bytes([Revoked(10)]) == 20 * 188
    assert revocation_bytes([Revoked(10)] * 2) == 2 * (1_550 + 10 * 208)


def test_names_that_are_sent_take_what_is_in_them() -> None:
    stock = bundle_of(BUNDLE.read_bytes()).facts
    assert sent_bytes(stock, 840) == pytest.approx(len(stock) * 840, rel=0.01)
    short, long = (Facts(1_000, attributes=2, name_bytes=size) for size in (40, 400))
    assert sent_bytes([long], 844) - sent_bytes([short], 844) == pytest.approx(180 * 5.5)
    assert sent_bytes([Facts(1_000)], 840) == pytest.approx(840)


LISTED = "ssl_certificate a; ssl_certificate_key a; ssl_crl {}; listen 443 ssl;"
ASKING = "ssl_verify_client on; ssl_client_certificate {};"
ONE_LIST = 1_550 + 100 * 208


@pytest.mark.parametrize(
    ("section", "nginx", "inside", "size"),
    [
        ("http", "1.22.1", LISTED, ONE_LIST),
        ("stream", "1.22.1", LISTED, 0),
        ("stream", "1.27.1", LISTED, 0),
        ("stream", "1.27.2", LISTED, ONE_LIST),
        ("stream", "1.22.1", LISTED + ASKING, ONE_LIST + 1_950),
        ("mail", "1.22.1", LISTED, 0),
        ("mail", "1.27.2", LISTED, 0),
        ("mail", "1.22.1", LISTED + ASKING, ONE_LIST + 1_950),
    ],
)
def test_lists_are_loaded_if_the_module_does(
    section: str, nginx: str, inside: str, size: int, tmp_path: Path
) -> None:
    """Stream before 1.27.2 and mail read ssl_crl only if they verify clients."""
    lists = place_in(tmp_path / "files").files["crl100"]
    server = inside.format(lists, lists) + {"mail": "protocol imap;"}.get(section, "")
    main = f"events {{ }} {section} {{ server {{ {server} }} }}"
    write(tmp_path, {"nginx.conf": main})
    checked = check(tmp_path / "nginx.conf", target="debian-12", set={"nginx": nginx})
    counted = [one.heap_bytes for one in checked.memory.parts if one.name == "revocation lists"]
    assert counted == [size] * bool(size)


def test_a_list_beside_the_ca_is_parsed_once(tmp_path: Path) -> None:
    files = place_in(tmp_path / "files").files
    server = LISTED.format(files["crl100"]) + ASKING.format(files["issuer"])
    lists = part(report(tmp_path, f"server {{ {server} }}", main=""), "revocation lists")
    assert lists.heap_bytes == ONE_LIST


def test_a_store_keeps_one_copy_of_a_ca(tmp_path: Path) -> None:
    """Two files of a context that have the same certificates, all of them or some."""
    pem = BUNDLE.read_bytes()
    (tmp_path / "all.pem").write_bytes(pem)
    (tmp_path / "again.pem").write_bytes(pem)
    (tmp_path / "few.pem").write_bytes(pem[: pem.index(b"-----END", 20_000)] + END)
    few = len(bundle_of((tmp_path / "few.pem").read_bytes()).facts)
    sent = "ssl_verify_client on; ssl_client_certificate {};"
    sizes = {
        (client, trusted): part(
            report(
                tmp_path,
                f"server {{ ssl_certificate a; ssl_certificate_key a; "
                f"{sent.format(client)} ssl_trusted_certificate {trusted}; }}",
                main="",
            ),
            CA_LOADS,
        ).heap_bytes
        for client in ("all.pem", "few.pem")
        for trusted in ("all.pem", "again.pem", "few.pem")
    }
    assert few < 20
    assert sizes["all.pem", "all.pem"] == sizes["all.pem", "again.pem"]
    assert sizes["all.pem", "few.pem"] == sizes["all.pem", "all.pem"]
    names = (150 - few) * 840
    assert sizes["all.pem", "all.pem"] - sizes["few.pem", "all.pem"] == pytest.approx(
        names, rel=0.05
    )


def test_what_a_file_lists_twice_leaves_its_room_once(tmp_path: Path) -> None:
    pem = BUNDLE.read_bytes()
    (tmp_path / "once.pem").write_bytes(pem)
    (tmp_path / "twice.pem").write_bytes(pem * 2)
    server = "server {{ ssl_certificate a; ssl_certificate_key a; ssl_trusted_certificate {}; }}"
    once = report(tmp_path, 5 * server.format("once.pem"), main="")
    twice = report(tmp_path, 5 * server.format("twice.pem"), main="")
    more = twice.memory.total.start_bytes - once.memory.total.start_bytes
    loads = part(once, CA_LOADS).heap_bytes
    assert more == pytest.approx((loads - 56_000) / 5, rel=0.02)
    assert part(twice, CA_LOADS).heap_bytes == loads


def test_rules_are_parsed_by_each_directive(tmp_path: Path) -> None:
    rules = "# a comment\nInclude more/*.conf\nInclude rules.conf\n" + "SecRule A B\n" * 1000
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.conf").write_text("  # none\nSecRule C D\n")
    servers = "server { modsecurity_rules_file rules.conf; } " * 3
    name = "ModSecurity's rules"
    size = pool(tmp_path, name, servers, rules_conf=rules)
    lines = "Include more/*.conf\nInclude rules.conf\n" + "SecRule A B\n" * 1001
    assert size == 3 * 50 * len(lines)
    inline = "modsecurity_rules 'SecRuleEngine On'; server { }"
    assert pool(tmp_path / "inline", name, inline) == 50 * len("SecRuleEngine On")
    gone = report(tmp_path / "gone", servers)
    assert part(gone, name).heap_bytes == 3 * 17_000_000
    assert any("the Core Rule Set" in guess for guess in gone.guesses)
    outside = report(tmp_path / "outside", servers.replace("rules.conf", "/nowhere/main.conf"))
    assert any("/nowhere/main.conf the first" in guess for guess in outside.guesses)
    assert outside.outside == []


def test_locations_of_one_server_take_time(tmp_path: Path) -> None:
    """20,000 in one server took nginx 4.8 s; sorting grows with the square of their number."""

    def seconds(servers: int) -> float:
        locations = "".join(f"location /{n} {{ }}" for n in range(20_000 // servers))
        return report(tmp_path, f"server {{ {locations} }} " * servers).cpu_seconds

    assert seconds(1) == pytest.approx(4.8, rel=0.2)
    assert seconds(100) < 1


def test_keys_take_time(tmp_path: Path) -> None:
    server = "server { listen 443 ssl; ssl_certificate a.pem; ssl_certificate_key a.pem; }"
    checked = report(tmp_path, server * 2_000)
    assert checked.ca_loads == 0
    assert 0.5 <= checked.cpu_seconds <= 3


HTTP_UPSTREAM = "upstream u { server 127.0.0.1:1; keepalive 64; } server { }"
PARAMETERS = "server { location / { fastcgi_pass 127.0.0.1:1; fastcgi_param A b; } }"
SCRIPT = "js_import a.js; server { }"
STREAM_SERVER = "server { } } stream { server { listen 1; return a; }"

EDGES = [
    ("servers", "server { }", "nginx", "1.18.0", "1.19.0"),
    ("worker_connections", "server { }", "nginx", "1.24.0", "1.25.0"),
    ("stream servers", STREAM_SERVER, "nginx", "1.22.1", "1.23.0"),
    ("stream servers", STREAM_SERVER, "nginx", "1.26.3", "1.27.0"),
    ("upstreams", HTTP_UPSTREAM, "nginx", "1.26.3", "1.27.0"),
    ("kept connections", HTTP_UPSTREAM, "nginx", "1.29.6", "1.29.7"),
    ("parameters passed on", PARAMETERS, "nginx", "1.29.4", "1.29.5"),
    ("machines of njs", SCRIPT, "njs", "0.7.9", "0.7.10"),
    ("machines of njs", SCRIPT, "njs", "0.8.9", "0.8.10"),
    ("machines of njs", SCRIPT, "njs", "0.9.9", "1.0.0"),
]
"""Part, a configuration with it, and the component whose version decides: the last version that
takes what a release that was measured does, or that the source says is the last, and the next."""


@pytest.mark.parametrize(("name", "inside", "component", "before", "after"), EDGES)
def test_a_version_decides_what_a_part_takes(
    name: str, inside: str, component: str, before: str, after: str, tmp_path: Path
) -> None:
    (tmp_path / "a.js").write_text("export default { a: 1 };\n")
    conf = write(tmp_path, {"nginx.conf": http(inside, main="")})
    sizes = [
        (one.pool_bytes, one.heap_bytes, one.worker_bytes)
        for version in (before, after)
        for one in [part(check(conf, target="debian-12", set={component: version}), name)]
    ]
    assert sizes[0] != sizes[1]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("http { server { aio threads; } }", 32),
        ("thread_pool a threads=8; http { server { } }", 8),
        ("thread_pool default threads=4; http { server { aio threads; } }", 4),
        ("thread_pool a threads=8; http { server { aio threads; } }", 40),
    ],
)
def test_threads_of_each_worker(text: str, count: int, tmp_path: Path) -> None:
    """ngx_thread_pool_init_worker() makes all of them, 32 where nothing states how many."""
    conf = write(tmp_path, {"nginx.conf": f"worker_processes 1; events {{ }} {text}"})
    assert part(check(conf, target="debian-12"), "threads").worker_bytes == 8_500 * count


VERIFYING_ANY = "{1} {2}a; {0}_ssl_verify on; {0}_ssl_trusted_certificate a; {0}_ssl_crl {3};"


@pytest.mark.parametrize(
    ("around", "inside"),
    [
        ("http {{ server {{ location / {{ {} }} }} }}", ("proxy", "proxy_pass", "https://")),
        ("http {{ server {{ location / {{ {} }} }} }}", ("grpc", "grpc_pass", "grpcs://")),
        ("http {{ server {{ location / {{ {} }} }} }}", ("uwsgi", "uwsgi_pass", "suwsgi://")),
        ("stream {{ server {{ listen 1; {} }} }}", ("proxy", "proxy_ssl on; proxy_pass", "")),
        ("http {{ {} lua_code_cache on; server {{ }} }}", ()),
    ],
)
def test_lists_of_what_passes_on(around: str, inside: tuple[str, ...], tmp_path: Path) -> None:
    """ngx_http_proxy_set_ssl(), its like and ngx_http_lua_set_ssl() load them with the CA."""
    lists = place_in(tmp_path / "files").files["crl100"]
    settings = VERIFYING_ANY.format(*inside, lists) if inside else f"lua_ssl_crl {lists};"
    conf = write(tmp_path, {"nginx.conf": "events { } " + around.format(settings)})
    checked = check(conf, target="debian-12", set={"lua": "0.10.26"})
    assert part(checked, "revocation lists").heap_bytes == ONE_LIST


@pytest.mark.parametrize("prefix", ["", "proxy_", "grpc_", "uwsgi_"])
def test_passwords_of_all_modules(prefix: str, tmp_path: Path) -> None:
    inside = f"server {{ {prefix}ssl_password_file p.txt; }}"
    assert pool(tmp_path, "passwords of keys", inside, p_txt="abc\n" * 10) == 10 * (4 + 47)


ALL_BY_VERSION = """
load_module ndk_http_module.so; load_module ngx_http_lua_module.so;
load_module ngx_http_js_module.so;
env A; thread_pool t threads=4;
http {{
    proxy_cache_path c keys_zone=c:1m; js_import a.js; map $host $m {{ a b; }} types {{ a/b c; }}
    upstream u {{ server 127.0.0.1:1; keepalive 64; }}
    server {{
        listen 443 ssl; ssl_certificate a; ssl_certificate_key a; ssl_crl {lists};
        ssl_client_certificate {twice}; ssl_verify_client on; ssl_dhparam d;
        ssl_conf_command ClientCAFile {twice};
        add_header A b;
        location ~ a {{ proxy_pass https://u; proxy_set_header A b; proxy_cache c; }}
        location /b {{ fastcgi_pass u; fastcgi_param A b; access_by_lua_file a; deny all; }}
    }}
    server {{ listen 444 ssl; ssl_certificate a; ssl_certificate_key a; ssl_crl {lists}; }}
}}
stream {{ server {{ listen 1-2; return a; }} }}
mail {{ server {{ listen 2; auth_http 127.0.0.1; protocol imap; }} }}
"""
NEWER = {"nginx": "1.30.6", "lua": "0.10.29", "njs": "1.0.2", "openssl": "3.6.5"}


def test_what_is_not_by_target_is_the_same_on_others(tmp_path: Path) -> None:
    """A remedy that upgrades does not count anew what no server differs in."""
    (tmp_path / "a.js").write_text("export default { a: 1 };\n")
    certificate = BUNDLE.read_bytes().partition(END)
    (tmp_path / "twice.pem").write_bytes((certificate[0] + END) * 2)
    lists = place_in(tmp_path / "files").files["crl100"]
    text = ALL_BY_VERSION.format(lists=lists, twice=tmp_path / "twice.pem")
    conf = write(tmp_path, {"nginx.conf": f"worker_processes 2; events {{ }}\n{text}"})
    counted = []
    for versions in ({}, NEWER):
        options = read_keywords({"target": "debian-12", "set": versions})
        situation = examine(Job(str(conf), options)).situation
        assert situation is not None
        counted.append({part.name: part.amount for part in situation.counted})
    older, newer = counted
    by_target = {record.name for record in RECORDS if record.by_target}
    differing = {name for name in older | newer if older.get(name) != newer.get(name)}
    assert differing <= by_target
    # the others, of OpenSSL's commands and parameters, differ in how many contexts there are
    assert by_target - differing <= {"DH parameters", "files of OpenSSL's commands"}
