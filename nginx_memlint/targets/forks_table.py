"""Forks of nginx and of OpenSSL: which version of the original each is."""

from __future__ import annotations

ANGIE = {
    "1.0": "1.23.2",
    "1.1": "1.23.3",
    "1.2": "1.25.0",
    "1.3": "1.25.2",
    "1.4": "1.25.3",
    "1.5": "1.25.4",
    "1.6": "1.27.0",
    "1.7": "1.27.1",
    "1.8": "1.27.3",
    "1.9": "1.27.4",
    "1.10": "1.27.5",
    "1.11": "1.29.3",
    "1.12": "1.31.2",
}
"""Release of Angie → the nginx it is made of: ``NGINX_VERSION`` in src/core/nginx.h of the tags
Angie-1.0.0 to Angie-1.12.1 (webserver-llc/angie), which is one for all patches of a release."""

BEFORE_CACHE = "1.27.1"
"""The last nginx that parses a CA file for each context. freenginx does in every version that was
read, to 1.27.2 (no ``ngx_ssl_cache`` in its source), and is taken to do so in later ones."""

TLS_LIBRARIES = {"BoringSSL": False, "LibreSSL": False, "AWS-LC": False, "quictls": True}
"""Library that nginx may be built with instead of OpenSSL → whether its version is that of
the OpenSSL it was made of. None was measured: each is priced as an OpenSSL that was."""
