"""Costs measured on real servers: one row for each stack."""

# ruff: noqa: E501  (sources are quoted in one line each)

from __future__ import annotations

from typing import Any

# What blocks, contexts and certificates cost, by measurement on real servers. All in bytes of
# memory (PSS of master and workers, growth per unit) or seconds of CPU.
#
# A stack that was not measured borrows the last table here whose `openssl_since` and
# `nginx_since` it has reached.
#
# location, server     one more location (or if, limit_except), one more server, without TLS or Lua
# context              an SSL_CTX without certificates, with its module's part of the block
# certificate, der     a CA load: `certificate` for each + `der` for each byte of DER; fitted to bundles
#                      of 1, 20, 60, 120 and 150 certificates and raised by 1 %, so that it is not
#                      below any of them; at most 4 % above
# first_load           the first CA load of all, once: what OpenSSL 3 sets up for it
# cached_certificate   where nginx keeps parsed certificates (1.27.2): each certificate of a further
#                      load of a file
# key_pair             ssl_certificate with its key, for each server (RSA 2048, one certificate)
# client_ca_name       each name of the list that ssl_client_certificate has a server send
# first_peak           the least peak of a first reload, in configurations: with one worker it was
#                      four in 6 of 10 runs on Debian 11, three in the two runs each on Debian 12 and 13
# base_master, base_worker
#                      an nginx without a server, as it is built: its master, and each worker without its
#                      connections; 0: as of the measured server (memory/parts/base.py)
# connection, connection_tls, connection_passed, connection_tls_passed
#                      a connection that is kept, or passed on in the middle of its answer, in its worker;
#                      0: as on Debian 12 (memory/parts/base.py)
# cpu_context, cpu_certificate
#                      seconds of `nginx -t` for a context, and for each certificate loaded

COSTS: dict[str, dict[str, Any]] = {
    "debian-11": {
        "measured": "nginx 1.18.0, lua-nginx-module 0.10.13, OpenSSL 1.1.1w, glibc 2.31; 2026-11-23",
        "openssl_since": "0",
        "nginx_since": "0",
        "location": 7_400,
        "server": 9_000,
        "context": 5_000,
        "certificate": 3_684,
        "der": 1.813,
        "first_peak": 4,
        "key_pair": 6_800,
        "client_ca_name": 840,
        "cpu_context": 0.00006,
        "cpu_certificate": 0.000024,
    },
    "debian-12": {
        "measured": "nginx 1.22.1, lua-nginx-module 0.10.23, OpenSSL 3.0.19, glibc 2.36; 2026-11-23",
        "openssl_since": "3.0",
        "nginx_since": "0",
        "location": 7_500,
        "server": 14_300,
        "context": 14_450,
        "certificate": 3_659,
        "der": 2.006,
        "first_load": 56_000,
        "key_pair": 7_400,
        "client_ca_name": 840,
        "cpu_context": 0.00013,
        "cpu_certificate": 0.00013,
    },
    "debian-13": {
        "measured": "nginx 1.26.3, lua-nginx-module 0.10.28, OpenSSL 3.5.7, glibc 2.41; 2026-11-23",
        "openssl_since": "3.1",
        "nginx_since": "0",
        "location": 7_600,
        "server": 14_500,
        "context": 19_700,
        "certificate": 3_366,
        "der": 2.208,
        "first_load": 60_000,
        "key_pair": 7_400,
        "client_ca_name": 840,
        "cpu_context": 0.0001,
        "cpu_certificate": 0.000029,
    },
    "debian-sid": {
        "measured": "nginx 1.30.6, lua-nginx-module 0.10.29, OpenSSL 3.6.5, glibc 2.43; 2026-11-23",
        "openssl_since": "0",
        "nginx_since": "1.27.2",
        "location": 8_000,
        "server": 15_000,
        "context": 19_700,
        "certificate": 3_366,
        "der": 2.208,
        "first_load": 58_000,
        "cached_certificate": 50,
        "key_pair": 1_000,
        "client_ca_name": 870,
        "cpu_context": 0.0001,
        "cpu_certificate": 0.000029,
    },
}
