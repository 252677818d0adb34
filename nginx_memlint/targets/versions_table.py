"""Named server stacks: one row for each, with its sources."""

# ruff: noqa: E501  (sources are quoted in one line each)

from __future__ import annotations

from typing import Any

# Component versions of named server stacks, as of 23 November 2026, and where each was read.
# OR-site: openresty/openresty.org, v2/en/changelog-*.md (https://openresty.org/en/changelog-*.html).
# OR-pack: openresty/openresty-packaging (rpm specs and deb changelogs of the official packages).
# nginx -V: the output of a package's `nginx -V`, as published by its users.
# openssl of an OpenResty: the one its packages came with on release day. They depend on a package
# that is updated: 1.1.1 stacks end at 1.1.1w, openssl3 stacks move to 3.4 and 3.5.
# A key that is absent: the stack does not ship that module.
# built: see targets.BUILT. Seen with nginx -t on debian-12; elsewhere by the packages' dependencies
# (libnginx-mod-http-lua on libnginx-mod-http-ndk, libnginx-mod-stream-js on libnginx-mod-stream) and
# by which random configurations with js_fetch_* in stream the nginx of debian-13 and -sid accepted.

STACKS: dict[str, dict[str, Any]] = {
    "openresty-1.11.2.2": {
        "nginx": "1.11.2",
        "lua": "0.10.7",
        "openssl": "1.0.2j",
        "built_in": ["lua"],
        "source": [
            "OR-site changelog-1011002.md (nginx core 1.11.2; 'upgraded ngx_lua to 0.10.7')",
            "nginx -V (official el6 build: ngx_lua-0.10.7, no ngx_stream_lua, OpenSSL 1.0.2j)",
            "openresty/docker-openresty CHANGELOG (1.11.2.2: OpenSSL 1.0.2j)",
            "OR-site changelog-1013006.md (ngx_stream_lua bundled only from 1.13.6.1)",
        ],
    },
    "openresty-1.13.6.2": {
        "nginx": "1.13.6",
        "lua": "0.10.13",
        "stream_lua": "0.0.5",
        "openssl": "1.1.0h",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "nginx -V (official packages: ngx_lua-0.10.13, ngx_stream_lua-0.0.5, OpenSSL 1.1.0h)",
            "OR-site changelog-1013006.md",
            "OR-pack deb/openresty-openssl changelog (1.1.0h-1, 14 May 2018 = release day)",
        ],
        "note": "Later-updated hosts run OpenSSL up to the newest openresty-openssl 1.1.0 package (1.1.0k seen).",
    },
    "openresty-1.15.8.3": {
        "nginx": "1.15.8",
        "lua": "0.10.15",
        "stream_lua": "0.0.7",
        "openssl": "1.1.0l",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "OR-site changelog-1015008.md (0.10.15 and 0.0.7 in 1.15.8.1; .3 adds only a fix)",
            "nginx -V (ngx_lua-0.10.15, ngx_stream_lua-0.0.7)",
            "OR-pack deb/openresty-openssl changelog (1.1.0l, 19 Mar 2020, the day before the 1.15.8.3 package)",
        ],
        "note": "openssl from package dates, not from an nginx -V of this release: nearly sure.",
    },
    "openresty-1.17.8.2": {
        "nginx": "1.17.8",
        "lua": "0.10.17",
        "stream_lua": "0.0.8",
        "openssl": "1.1.1g",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "nginx -V (official package: ngx_lua-0.10.17, ngx_stream_lua-0.0.8, OpenSSL 1.1.1g)",
            "bk-ci documentation (rpm openresty-openssl111-1.1.1g-3)",
        ],
        "note": "A changelog draft in OR-site git says ngx_lua 0.10.16; the shipped bundle says 0.10.17.",
    },
    "openresty-1.19.3.2": {
        "nginx": "1.19.3",
        "lua": "0.10.19",
        "stream_lua": "0.0.9",
        "openssl": "1.1.1k",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "OR-site changelog-1019003.md (0.10.19 and 0.0.9 in 1.19.3.1; .2 adds only the CVE-2021-23017 patch)",
            "OR-pack openresty-openssl111 spec (1.1.1k, 11 May 2021; 1.1.1l not before 30 Aug 2021, PR #68)",
            "published host report (22 May 2021: newest openresty-openssl111 is 1.1.1k-1; 1.19.3.2 is of 4 Jun 2021)",
        ],
        "note": "openssl inferred from package dates, no nginx -V of this release was at hand.",
    },
    "openresty-1.19.9.1": {
        "nginx": "1.19.9",
        "lua": "0.10.20",
        "stream_lua": "0.0.10",
        "openssl": "1.1.1k",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "OR-site changelog-1019009.md",
            "nginx -V (ngx_lua-0.10.20, ngx_stream_lua-0.0.10; a later el8 rebuild, with OpenSSL 1.1.1s)",
            "OR-pack openresty-openssl111 spec (1.1.1k from 11 May 2021, 1.1.1l PR #68 of 30 Aug 2021; release 6 Aug 2021)",
        ],
        "note": "openssl inferred from package dates; a later rebuild shows 1.1.1s.",
    },
    "openresty-1.21.4.1": {
        "nginx": "1.21.4",
        "lua": "0.10.21",
        "stream_lua": "0.0.11",
        "openssl": "1.1.1n",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "https://openresty.org/en/changelog-1021004.html (0.10.21, 0.0.11 in 1.21.4.1)",
            "nginx -V (ngx_lua-0.10.21, ngx_stream_lua-0.0.11)",
            "OR-pack openresty-openssl111 spec (1.1.1n, 18 Mar 2022; release 18 May 2022)",
            "https://github.com/openresty/openresty-packaging/issues/98 (4 Nov 2022: newest deb still 1.1.1n-1~focal1)",
        ],
    },
    "openresty-1.21.4.3": {
        "nginx": "1.21.4",
        "lua": "0.10.25",
        "stream_lua": "0.0.13",
        "openssl": "1.1.1w",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "https://openresty.org/en/changelog-1021004.html (1.21.4.2: 'upgraded lua-nginx-module to v0.10.25'; .3: only the CVE-2023-44487 patch)",
            "nginx -V (official package with ngx_lua-0.10.25, ngx_stream_lua-0.0.13: a 1.21.4.2 to .4 build)",
            "OR-pack openresty-openssl111 spec (1.1.1t 17 Apr 2023, 1.1.1w 27 Nov 2023; release 7 Nov 2023)",
        ],
        "note": "openssl: by the dates the official package was BUILT with 1.1.1t (inferred); hosts updated since 27 Nov 2023 RUN with 1.1.1w, and docker-openresty's source-built 1.21.4.3 uses 1.1.1w.",
    },
    "openresty-1.21.4.4": {
        "nginx": "1.21.4",
        "lua": "0.10.25",
        "stream_lua": "0.0.13",
        "openssl": "1.1.1w",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "https://openresty.org/en/changelog-1021004.html (.4, 19 Jul 2024: only LuaJIT changed)",
            "nginx -V (1.21.4.2 to .4: ngx_lua-0.10.25, ngx_stream_lua-0.0.13)",
            "OR-pack openresty-openssl111 spec (1.1.1w since 27 Nov 2023, the last 1.1.1)",
        ],
        "note": "Rests on the changelog: no nginx -V that names 1.21.4.4 was found.",
    },
    "openresty-1.25.3.1": {
        "nginx": "1.25.3",
        "lua": "0.10.26",
        "stream_lua": "0.0.14",
        "openssl": "1.1.1w",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "https://openresty.org/en/changelog-1025003.html (0.10.26, 0.0.14)",
            "nginx -V (official package, OpenSSL 1.1.1w)",
        ],
    },
    "openresty-1.25.3.2": {
        "nginx": "1.25.3",
        "lua": "0.10.26",
        "stream_lua": "0.0.14",
        "openssl": "1.1.1w",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "https://openresty.org/en/changelog-1025003.html (.2: only LuaJIT changed)",
            "resty -v (official package, OpenSSL 1.1.1w)",
        ],
    },
    "openresty-1.27.1.1": {
        "nginx": "1.27.1",
        "lua": "0.10.27",
        "stream_lua": "0.0.15",
        "openssl": "3.0.15",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "OR-site changelog-1027001.md (0.10.27, 0.0.15)",
            "nginx -V (official package, openssl3 paths, OpenSSL 3.0.15)",
            "OR-pack openresty-openssl3 spec (3.0.15, 14 Sep 2024; release 16 Oct 2024)",
        ],
    },
    "openresty-1.27.1.2": {
        "nginx": "1.27.1",
        "lua": "0.10.28",
        "stream_lua": "0.0.16",
        "openssl": "3.4.1",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "OR-site changelog-1027001.md (0.10.28, 0.0.16)",
            "nginx -V (ngx_lua-0.10.28, ngx_stream_lua-0.0.16)",
            "OR-pack openresty-openssl3 spec/deb changelog (3.4.1, 1 and 4 Mar 2025; release 14 Mar 2025)",
            "docker-openresty Dockerfile (RESTY_VERSION 1.27.1.2 with RESTY_OPENSSL_VERSION 3.4.1)",
            "OR-site changelog-1029002.md ('upgraded from 3.4.1 to 3.5.5')",
        ],
        "note": "The same openssl3 package was later updated to 3.5.x, so an updated host runs 3.5.",
    },
    "openresty-1.29.2.1": {
        "nginx": "1.29.2",
        "lua": "0.10.29",
        "stream_lua": "0.0.17",
        "openssl": "3.5.5",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "OR-site changelog-1029002.md, commit 7206df76 (0.10.29, 0.0.17, OpenSSL 3.5.5)",
            "published host report (bundle directory ngx_lua-0.10.29R2)",
        ],
        "note": "Module and OpenSSL versions from the changelog; no nginx -V of an official package found.",
    },
    "openresty-1.31.1.1": {
        "nginx": "1.31.1",
        "lua": "0.10.31",
        "stream_lua": "0.0.19",
        "openssl": "3.5.6",
        "built_in": ["lua", "stream_lua"],
        "source": [
            "https://openresty.org/en/changelog-1031001.html",
            "nginx -V (official bookworm image: ngx_lua-0.10.31rc5, ngx_stream_lua-0.0.19rc4, built with OpenSSL 3.5.6, running with 3.5.7)",
        ],
        "note": "The bundle carries release candidates of both modules (0.10.31rc5, 0.0.19rc4). OpenSSL 3.5.6 is what it was built with; that image runs with 3.5.7.",
    },
    "debian-11": {
        "nginx": "1.18.0",
        "lua": "0.10.13",
        "openssl": "1.1.1w",
        "built_in": [],
        "built": ["ndk separate", "stream separate", "mail separate"],
        "source": [
            "apt-cache policy, 23 Nov 2026 (nginx 1.18.0-6.1+deb11u8, libssl1.1 1.1.1w-0+deb11u8)",
            "libnginx-mod-http-lua 1.18.0-6.1+deb11u3: disassembled ngx_http_lua_module.so pushes 10013 as ngx_lua_version",
            "Debian nginx changelog, 1.16.1-2 ('http-lua: Downgrade to 0.10.13 (Closes: #941917)')",
            "apt-cache search (no stream-lua and no libnginx-mod-js package)",
        ],
        "note": "The lua version was read from the +deb11u3 binary.",
    },
    "debian-12": {
        "nginx": "1.22.1",
        "lua": "0.10.23",
        "njs": "0.7.9",
        "openssl": "3.0.22",
        "built_in": [],
        "built": ["ndk separate", "stream separate", "mail separate", "stream_js without ssl"],
        "source": [
            "apt-cache policy, 23 Nov 2026 (nginx 1.22.1-9+deb12u11; libnginx-mod-http-lua 1:0.10.23-1+deb12u1; libnginx-mod-http-js and -stream-js 0.7.9-2; libssl3 3.0.22-1~deb12u2 from security)",
            "apt-cache search (no stream-lua package)",
        ],
        "note": "The point release without security updates has OpenSSL 3.0.20.",
    },
    "debian-13": {
        "nginx": "1.26.3",
        "lua": "0.10.28",
        "njs": "0.8.9",
        "openssl": "3.5.7",
        "built_in": [],
        "built": ["ndk separate", "stream separate", "mail separate", "stream_js without ssl"],
        "source": [
            "apt-cache policy, 23 Nov 2026 (nginx 1.26.3-3+deb13u11; libnginx-mod-http-lua 1:0.10.28-2; libnginx-mod-http-js 0.8.9-1; libssl3t64 3.5.7-1~deb13u3)",
            "libnginx-mod-http-lua 1:0.10.28-2: the module's binary carries 10028",
            "apt-cache search (no stream-lua package)",
        ],
    },
    "debian-sid": {
        "nginx": "1.30.6",
        "lua": "0.10.29",
        "njs": "1.0.2",
        "openssl": "3.6.5",
        "built_in": [],
        "built": ["ndk separate", "stream separate", "mail separate"],
        "source": [
            "apt-cache policy, 23 Nov 2026 (nginx 1.30.6-2; libnginx-mod-http-lua 1:0.10.29-3+b1; njs 1.0.2-2; libssl3t64 3.6.5-1)",
            "libnginx-mod-http-lua 1:0.10.29-3+b1: the module's binary carries 10029",
            "apt-cache search (no stream-lua package)",
        ],
        "note": "Rolling: as of 23 Nov 2026.",
    },
    "ubuntu-20.04": {
        "nginx": "1.18.0",
        "lua": "0.10.13",
        "openssl": "1.1.1f",
        "built_in": [],
        "built": ["ndk separate", "stream separate", "mail separate"],
        "source": [
            "canonical/ubuntu-security-notices UBUNTU-CVE-2020-36309.json (libnginx-mod-http-lua 1.18.0-0ubuntu1.3 is a binary of the nginx source; the CVE is of lua before 0.10.16)",
            "osv UBUNTU-CVE-2026-42946 (nginx 1.18.0-0ubuntu1.7)",
            "https://bugs.launchpad.net/bugs/1893753 and openresty/lua-nginx-module#1714 (crash that 0.10.14 fixed, so lua is older than 0.10.14)",
            "cs-nginx-bouncer#5 (nginx 1.18.0-0ubuntu1, built with OpenSSL 1.1.1f)",
        ],
        "note": "lua: the exact version is NOT confirmed. It is below 0.10.14, so the behaviour is per block for certain; 0.10.13 is what Debian's nginx carried from 1.14.0-1 on, the other candidate is 0.10.11.",
    },
    "ubuntu-22.04": {
        "nginx": "1.18.0",
        "openssl": "3.0.2",
        "built_in": [],
        "built": ["stream separate", "mail separate"],
        "source": [
            "Ubuntu 21.04 release notes ('The nginx lua module has been removed', bug 1893753)",
            "USN-5371-2.json (22.04's nginx binaries: libnginx-mod-http-ndk, no libnginx-mod-http-lua)",
            "lists.ubuntu.com ubuntu-archive 2023-October/091899 (LP #2035387)",
            "https://packages.ubuntu.com/de/noble/libnginx-mod-http-lua (release tabs start at noble)",
            "https://packages.ubuntu.com/source/noble/libnginx-mod-js (release tabs start at noble)",
        ],
        "note": "Ships NO lua and no njs module: a 22.04 host with lua has it from elsewhere (OpenResty, a PPA, its own build), so its version is unknown. nginx 1.18.0-6ubuntu14.20, libssl3 3.0.2-0ubuntu1.29.",
    },
    "ubuntu-24.04": {
        "nginx": "1.24.0",
        "lua": "0.10.26",
        "njs": "0.8.2",
        "openssl": "3.0.13",
        "built_in": [],
        "built": ["ndk separate", "stream separate", "mail separate", "stream_js without ssl"],
        "source": [
            "https://packages.ubuntu.com/de/noble/libnginx-mod-http-lua (1:0.10.26-2, nginx-abi-1.24.0-1, lua-resty-core 0.1.28)",
            "https://packages.ubuntu.com/source/noble/libnginx-mod-js (0.8.2-1ubuntu1)",
            "packages.ubuntu.com, osv (nginx 1.24.0-2ubuntu7.18, libssl3t64 3.0.13-0ubuntu3.16)",
        ],
        "note": "lua 0.10.26 is exactly the threshold (shared); njs 0.8.2 is below its own (per block). No stream-lua package.",
    },
}
