"""Products that nginx comes in: the versions of each of their releases, and where they were read."""

# ruff: noqa: E501  (sources are quoted in one line each)

from typing import NamedTuple

from nginx_memlint.targets.forks_table import ANGIE


class Product(NamedTuple):
    """A product: how it is named, and a line for each release.

    A line of ``rows`` has the release and its nginx, lua-nginx-module, stream-lua-nginx-module, njs
    and OpenSSL: ``-`` is not shipped, ``?`` shipped in a version that was not found, as ``openssl``
    that of the host. A seventh word is the OpenSSL of its image of Alpine, and after ``|`` is a note.
    ``images``: repositories of its images, without the registry. ``last``: the last release of
    which it is known that each is as the row at or before it; empty if rows were read alone.
    """

    about: str
    rows: str
    source: str
    images: tuple[str, ...] = ()
    built_in: tuple[str, ...] = ()
    built: tuple[str, ...] = ()
    libc: str = "glibc"
    allocator: str = ""
    last: str = ""
    note: str = ""


_LUA = ("lua", "stream_lua")

PRODUCTS: dict[str, Product] = {
    "nginx": Product(
        "nginx.org's packages and images",
        """
        1.20.2 1.20.2 0.10.19 0.0.9 0.7.3 1.1.1 1.1.1
        1.21.4 1.21.4 ? ? 0.7.0 1.1.1 1.1.1
        1.21.5 1.21.5 ? ? 0.7.1 1.1.1 1.1.1
        1.21.6 1.21.6 ? ? 0.7.3 1.1.1 1.1.1
        1.22.0 1.22.0 ? ? 0.7.6 1.1.1 1.1.1
        1.22.1 1.22.1 0.10.20 0.0.10 0.7.11 1.1.1 3.0
        1.23.0 1.23.0 ? ? 0.7.5 1.1.1 1.1.1
        1.23.1 1.23.1 ? ? 0.7.6 1.1.1 1.1.1
        1.23.2 1.23.2 ? ? 0.7.9 1.1.1 3.0
        1.23.3 1.23.3 ? ? 0.7.9 1.1.1 3.0
        1.23.4 1.23.4 ? ? 0.7.11 1.1.1 3.0
        1.24.0 1.24.0 0.10.22 0.0.11 0.8.0 1.1.1 3.1
        1.25.0 1.25.0 ? ? 0.7.12 1.1.1 3.0
        1.25.1 1.25.1 ? ? 0.8.0 3.0 3.1
        1.25.2 1.25.2 0.10.25 ? 0.8.0 3.0 3.1
        1.25.3 1.25.3 0.10.25 0.0.13 0.8.2 3.0 3.1
        1.25.4 1.25.4 0.10.26 ? 0.8.3 3.0 3.1
        1.25.5 1.25.5 0.10.26 ? 0.8.4 3.0 3.1
        1.26.0 1.26.0 0.10.26 0.0.14 0.8.4 3.0 3.1
        1.26.1 1.26.1 0.10.26 0.0.14 0.8.4 3.0 3.1
        1.26.2 1.26.2 0.10.26 0.0.14 0.8.8 3.0 3.3
        1.26.3 1.26.3 0.10.26 0.0.14 0.8.9 3.0 3.3
        1.27.0 1.27.0 0.10.26 ? 0.8.4 3.0 3.1
        1.27.1 1.27.1 0.10.26 ? 0.8.5 3.0 3.3
        1.27.2 1.27.2 0.10.26 ? 0.8.6 3.0 3.3
        1.27.3 1.27.3 0.10.27 ? 0.8.8 3.0 3.3
        1.27.4 1.27.4 0.10.27 ? 0.8.9 3.0 3.3
        1.27.5 1.27.5 0.10.28 ? 0.8.10 3.0 3.5
        1.28.0 1.28.0 0.10.28 0.0.16 0.8.10 3.0 3.3
        1.28.1 1.28.1 0.10.28 0.0.16 0.9.4 3.5 3.5
        1.28.2 1.28.2 0.10.28 0.0.16 0.9.5 3.5 3.5
        1.28.3 1.28.3 0.10.28 0.0.16 0.9.6 3.5 3.5
        1.29.0 1.29.0 0.10.28 ? 0.9.0 3.0 3.5
        1.29.1 1.29.1 0.10.28 ? 0.9.1 3.5 3.5
        1.29.2 1.29.2 0.10.28 ? 0.9.3 3.5 3.5
        1.29.3 1.29.3 0.10.28 ? 0.9.4 3.5 3.5
        1.29.4 1.29.4 0.10.29 0.0.17 0.9.4 3.5 3.5
        1.29.5 1.29.5 0.10.29 0.0.17 0.9.5 3.5 3.5
        1.29.6 1.29.6 0.10.29 0.0.17 0.9.6 3.5 3.5
        1.29.7 1.29.7 0.10.29 0.0.17 0.9.6 3.5 3.5
        1.29.8 1.29.8 0.10.29 0.0.17 0.9.6 3.5 3.5
        1.30.0 1.30.0 ? ? 0.9.6 3.5 3.5
        1.31.0 1.31.0 ? ? 0.9.6 3.5 3.5 | njs and OpenSSL are not below those of 1.30.0
        1.31.1 1.31.1 ? ? 0.9.6 3.5 3.5 | njs and OpenSSL are not below those of 1.30.0
        1.31.2 1.31.2 ? ? 0.9.6 3.5 3.5 | njs and OpenSSL are not below those of 1.30.0
        1.31.3 1.31.3 ? ? 0.9.6 3.5 3.5 | njs and OpenSSL are not below those of 1.30.0
        """,
        "nginx/docker-nginx update.sh (the last of each version) and nginx/pkg-oss contrib/src/*/version, by tag; 1.31: nginx-proxy/nginx-proxy, which is FROM its images",
        images=("nginx", "nginx/nginx", "nginx/nginx-unprivileged", "nginxinc/nginx-unprivileged"),
        built=("stream_js with ssl",),
        note="Modules are dynamic: njs is in the image, Lua is pkg-oss's. OpenSSL is that of the image's Debian; packages take the host's. Its nginx.conf has worker_processes auto.",
    ),
    "nginx-plus": Product(
        "NGINX Plus",
        """
        28 1.23.2 0.10.22 0.0.11 0.7.9 host
        29 1.23.4 0.10.24 0.0.13 0.7.12 host
        30 1.25.1 0.10.25 0.0.13 0.8.0 host
        31 1.25.3 0.10.25 0.0.13 0.8.2 host
        32 1.25.5 0.10.26 0.0.14 0.8.4 host
        33 1.27.2 0.10.27 0.0.15 0.8.7 host
        34 1.27.4 0.10.28 0.0.16 0.8.9 host
        35 1.29.0 0.10.28 0.0.16 0.9.1 host
        36 1.29.3 0.10.28 0.0.16 0.9.4 host
        37 1.29.8 ? ? ? host
        """,
        "nginx/documentation content/nginx/releases.md; nginx/pkg-oss target-plus-rNN contrib/src/*/version",
        images=("nginx-plus/base",),
        built=("stream_js with ssl",),
        note="All modules for Lua and njs are dynamic.",
    ),
    "nginx-ingress": Product(
        "F5's NGINX Ingress Controller",
        """
        3.5 1.27.0 - - - 3.0 | njs is not loaded
        3.6 1.27.1 - - 0.8.5 3.0
        3.7 1.27.2 - - 0.8.6 3.0
        4.0 1.27.4 - - 0.8.9 3.0
        5.0 1.27.4 - - 0.8.9 3.0
        5.1 1.29.1 - - 0.9.1 3.5
        5.2 1.29.1 - - 0.9.1 3.5
        5.3 1.29.5 - - 0.9.5 3.5
        5.4 1.31.1 - - 0.9.6 3.5 | njs is 0.9.6 or later
        5.5 1.31.3 - - 0.9.6 3.5 | njs is 0.9.6 or later
        """,
        "nginx/kubernetes-ingress build/Dockerfile and internal/configs/version1/nginx.tmpl, by tag; njs by docker-nginx",
        images=("nginx/nginx-ingress",),
        built=("stream_js with ssl",),
        note="From 3.6 its configuration loads ngx_http_js_module. worker_processes auto, no worker_shutdown_timeout.",
    ),
    "ingress-nginx": Product(
        "Kubernetes' ingress-nginx controller",
        """
        1.0.1 1.19.9 0.10.20 0.0.10 - 1.1.1
        1.1.3 1.19.10 0.10.20 0.0.10 - 1.1.1
        1.5.1 1.21.6 0.10.21 0.0.11 - 1.1.1
        1.6.4 1.21.6 0.10.21 0.0.11 - 3.0
        1.8.0 1.21.6 0.10.21 0.0.11 - 3.1
        1.8.4 1.21.6 0.10.25 0.0.13 - 3.1.4
        1.9.0 1.21.6 0.10.21 0.0.11 - 3.1
        1.9.3 1.21.6 0.10.25 0.0.13 - 3.1.4
        1.10.0 1.25.3 0.10.26 0.0.14 - 3.1.4
        1.10.2 1.25.5 0.10.26 0.0.14 - 3.3
        1.13.0 1.27.1 0.10.28 0.0.16 0.9.0 3.5
        """,
        "kubernetes/ingress-nginx NGINX_BASE of each tag and that image's build.sh",
        images=(
            "ingress-nginx/controller",
            "ingress-nginx/controller-chroot",
            "rancher/mirrored-ingress-nginx-controller",
        ),
        built_in=_LUA,
        libc="musl",
        allocator="mimalloc",
        last="1.15.1",
        note="Some Lua is of a commit after the release named. mimalloc is preloaded by the Helm chart's default (enableMimalloc). One worker for each CPU, worker_shutdown_timeout 240s; no release sets lua_ssl_trusted_certificate. 1.11.8 and 1.12.4 on have OpenSSL 3.5.",
    ),
    "kong": Product(
        "Kong Gateway (open source)",
        """
        2.0 1.15.8 0.10.15 0.0.7 - 1.1.1d
        2.1 1.15.8 0.10.15 0.0.7 - 1.1.1g
        2.2 1.17.8 0.10.17 0.0.8 - 1.1.1h
        2.3 1.17.8 0.10.17 0.0.8 - 1.1.1h
        2.4 1.19.3 0.10.19 0.0.9 - 1.1.1k
        2.5 1.19.3 0.10.19 0.0.9 - 1.1.1k
        2.6 1.19.9 0.10.20 0.0.10 - 1.1.1l
        2.7 1.19.9 0.10.20 0.0.10 - 1.1.1l
        2.8 1.19.9 0.10.20 0.0.10 - 1.1.1o
        3.0 1.21.4 0.10.21 0.0.11 - 1.1.1q
        3.1 1.21.4 0.10.21 0.0.11 - 1.1.1q
        3.2 1.21.4 0.10.21 0.0.11 - 1.1.1t
        3.3 1.21.4 0.10.21 0.0.11 - 1.1.1t
        3.4 1.21.4 0.10.21 0.0.11 - 3.1.1
        3.5 1.21.4 0.10.25 0.0.13 - 3.1.4
        3.6 1.25.3 0.10.26 0.0.14 - 3.2.1
        3.7 1.25.3 0.10.26 0.0.14 - 3.2.1
        3.8 1.25.3 0.10.26 0.0.14 - 3.2.1
        3.9 1.25.3 0.10.26 0.0.14 - 3.2.3
        """,
        "Kong/kong .requirements, by tag (2.0.0 to 3.9.3); build/openresty/patches change no contexts of Lua",
        images=("kong", "kong/kong"),
        built_in=_LUA,
        last="3.9.3",
        note="From 3.0 its configuration sets lua_ssl_trusted_certificate to the system's bundle in http, and in stream with stream_listen; init_worker_by_lua_block in both. worker_processes auto, no worker_shutdown_timeout.",
    ),
    "apisix": Product(
        "Apache APISIX",
        """
        2.11 1.19.3 0.10.19 0.0.9 - 1.1.1
        2.12 1.19.3 0.10.19 0.0.9 - 1.1.1
        2.13 1.21.4 0.10.21 0.0.11 - 1.1.1
        3.0 1.21.4 0.10.21 0.0.11 - 1.1.1
        3.5 1.21.4 0.10.25 0.0.13 - 1.1.1
        3.8 1.21.4 0.10.25 0.0.13 - 3.2.0
        3.9 1.25.3 0.10.26 0.0.14 - 3.2.0
        3.10 1.25.3 0.10.26 0.0.14 - 3.2.0
        3.12 1.27.1 0.10.27 0.0.15 - 3.2.0
        3.13 1.27.1 0.10.28 0.0.16 - 3.4.1
        3.17 1.29.2 0.10.31rc2 0.0.19rc3 - 3.4.1
        3.18 1.29.2 0.10.31rc2 0.0.19rc3 - 3.4.1
        """,
        "apache/apisix .requirements, by tag; api7/apisix-build-tools",
        images=("apache/apisix",),
        built_in=_LUA,
        last="3.18",
        note="From 3.12 its configuration sets lua_ssl_trusted_certificate to the system's bundle in http and stream; init_worker_by_lua_block in both. worker_processes auto, worker_shutdown_timeout 240s.",
    ),
    "nginx-proxy-manager": Product(
        "Nginx Proxy Manager",
        """
        2.9 1.19.3 0.10.19 0.0.9 - 1.1.1 | OpenResty 1.19.3.1 or 1.19.9.1, by the day it was built
        2.10 1.21.4 0.10.21 0.0.11 - 3.0 | from 20 July 2023 with lua-nginx-module 0.10.25
        2.11 1.21.4 0.10.25 0.0.13 - 3.0
        2.12 1.25.3 0.10.26 0.0.14 - 3.0 | from 21 February 2025 OpenResty 1.27.1.1, from 2.12.5 on 1.27.1.2
        2.12.5 1.27.1 0.10.28 0.0.16 - 3.0
        2.13 1.27.1 0.10.28 0.0.16 - 3.0
        """,
        "NginxProxyManager/docker-nginx-full .jenkins/Jenkinsfile, by date",
        images=("jc21/nginx-proxy-manager",),
        built_in=_LUA,
        last="2.15.1",
        note="Its templates set no lua_ssl_*. worker_processes auto, no worker_shutdown_timeout.",
    ),
    "nginx-proxy": Product(
        "nginx-proxy with docker-gen",
        """
        1.0.0 1.21.6 - - 0.7.3 1.1.1 1.1.1
        1.0.2 1.23.2 - - 0.7.9 1.1.1 3.0
        1.0.4 1.23.3 - - 0.7.9 1.1.1 3.0
        1.3.0 1.23.4 - - 0.7.11 1.1.1 3.0
        1.4.0 1.25.3 - - 0.8.2 3.0 3.1
        1.5.1 1.25.4 - - 0.8.3 3.0 3.1
        1.5.2 1.26.0 - - 0.8.4 3.0 3.1
        1.6.0 1.27.0 - - 0.8.4 3.0 3.1
        1.6.1 1.27.1 - - 0.8.5 3.0 3.3
        1.6.2 1.27.2 - - 0.8.6 3.0 3.3
        1.7.0 1.27.3 - - 0.8.8 3.0 3.3
        1.7.1 1.27.5 - - 0.8.10 3.0 3.5
        1.8.0 1.29.0 - - 0.9.0 3.0 3.5
        1.9.0 1.29.2 - - 0.9.3 3.5 3.5
        1.10.0 1.29.5 - - 0.9.5 3.5 3.5
        1.10.1 1.29.6 - - 0.9.6 3.5 3.5
        1.10.2 1.31.0 - - 0.9.6 3.5 3.5 | njs and OpenSSL are not below those of 1.10.1
        1.11.0 1.31.1 - - 0.9.6 3.5 3.5 | njs and OpenSSL are not below those of 1.10.1
        1.11.2 1.31.2 - - 0.9.6 3.5 3.5 | njs and OpenSSL are not below those of 1.10.1
        1.11.6 1.31.3 - - 0.9.6 3.5 3.5 | njs and OpenSSL are not below those of 1.10.1
        """,
        "nginx-proxy/nginx-proxy Dockerfile.debian (Dockerfile to 1.4), by tag; the rest as of the image nginx",
        images=("nginxproxy/nginx-proxy", "jwilder/nginx-proxy"),
        built=("stream_js with ssl",),
        last="1.11.6",
    ),
    "bunkerweb": Product(
        "BunkerWeb",
        """
        1.4 1.20.2 0.10.20 ? - 1.1.1
        1.5.0 1.24.0 0.10.24 0.0.13 - 3.1
        1.5.4 1.24.0 0.10.25 0.0.13 - 3.1
        1.5.6 1.24.0 0.10.26 0.0.14 - 3.1
        1.5.12 1.26.2 0.10.27 0.0.15 - 3.3
        1.6.0 1.26.3 0.10.28 0.0.16 - 3.3
        1.6.2 1.28.0 0.10.28 0.0.16 - 3.3
        1.6.9 1.28.2 0.10.29 0.0.17 - 3.5
        1.6.10 1.30.1 0.10.29 0.0.17 - 3.5
        1.6.11 1.30.2 0.10.29 0.0.17 - 3.5
        1.6.12 1.30.3 0.10.29 0.0.17 - 3.5
        1.6.13 1.30.4 0.10.29 0.0.17 - 3.5
        """,
        "bunkerity/bunkerweb src/deps/deps.json (deps/clone.sh to 1.4), by tag; OpenSSL by the image's Alpine",
        images=("bunkerity/bunkerweb", "bunkerity/bunkerweb-all-in-one"),
        libc="musl",
        note="Sets lua_ssl_trusted_certificate in http and in stream. worker_processes auto, worker_shutdown_timeout 30s. Its packages, which are no images, have glibc: --set libc=glibc.",
    ),
    "swag": Product(
        "LinuxServer's SWAG",
        """
        2.3.0 1.22.1 - - - 3.0.8
        2.6.0 1.24.0 - - - 3.1.0
        2.11.0 1.24.0 - - - 3.1.6 | from build ls311 on nginx 1.26 and OpenSSL 3.3
        3.0.1 1.26.2 - - - 3.3.2
        3.3.0 1.26.3 - - - 3.3.3
        4.1.1 1.26.3 - - - 3.3.4 | from build ls396 on nginx 1.28.0 and OpenSSL 3.5
        4.2.0 1.28.0 - - - 3.5.2
        5.3.0 1.28.2 - - - 3.5.5
        5.4.0 1.28.3 - - - 3.5.5 | builds before ls448 have nginx 1.28.2
        """,
        "linuxserver/docker-swag package_versions.txt, tags 2.3.0-ls184 to 5.7.0-ls473",
        images=("linuxserver/swag",),
        libc="musl",
        built=("stream separate", "mail separate"),
        last="5.7.0",
        note="Alpine's packages, without those for Lua and njs.",
    ),
    "apicast": Product(
        "3scale APIcast",
        """
        2.16 1.21.4 0.10.21 0.0.11 - 1.1.1k | lua-nginx-module is 0.10.21 or 0.10.25
        """,
        "3scale/APIcast Containerfile and gateway/http.d/ssl.conf, 3scale-2.16.3-GA",
        images=("3scale/apicast", "3scale-amp2/apicast-gateway-rhel8"),
        built_in=_LUA,
        note="Sets lua_ssl_trusted_certificate in http.",
    ),
    "tengine": Product(
        "Tengine with its Lua module",
        """
        2.3 1.18.0 0.10.14 - - host
        2.4 1.22.1 0.10.14 - - host
        3.0 1.24.0 0.10.25 - - host
        3.1 1.24.0 0.10.25 - - host
        3.2 1.31.3 0.10.29 - - host | a release candidate
        """,
        "alibaba/tengine src/core/nginx.h and modules/ngx_http_lua_module, by tag",
        images=("tengine",),
        built_in=("lua",),
    ),
    "angie": Product(
        "Angie",
        "\n".join(f"{release} {nginx} - - - host" for release, nginx in ANGIE.items()),
        "webserver-llc/angie src/core/nginx.h, tags Angie-1.0.0 to Angie-1.12.1",
        images=("angie",),
        last="1.12.1",
    ),
    "freenginx": Product(
        "freenginx",
        """
        1.24.0 1.24.0 - - - host
        1.26.0 1.26.0 - - - host
        1.27.1 1.27.1 - - - host | later ones are taken as this one: no cache of certificates in the source to 1.27.2
        """,
        "freenginx/nginx src/core/nginx.h and src/event",
        images=("freenginx",),
    ),
    "openresty": Product(
        "OpenResty",
        """
        1.21.4.2 1.21.4 0.10.25 0.0.13 - 1.1.1t
        1.29.2.2 1.29.2 0.10.30rc1 0.0.18rc2 - 3.5.5
        1.29.2.3 1.29.2 0.10.30rc2 0.0.18rc2 - 3.5.5
        1.29.2.4 1.29.2 0.10.31rc2 0.0.19rc3 - 3.5.6
        1.29.2.5 1.29.2 0.10.31rc2 0.0.19rc3 - 3.5.6
        """,
        "openresty/openresty util/mirror-tarballs and openresty/docker-openresty, by tag",
        images=("openresty/openresty",),
        built_in=_LUA,
        note="The image's nginx.conf leaves worker_processes out: one worker.",
    ),
    "debian": Product(
        "Debian's packages",
        """
        14 1.30.6 0.10.29 - 1.0.2 3.6.5
        """,
        "apt-cache madison, 28 Nov 2026",
        images=("debian",),
        built=("ndk separate", "stream separate", "mail separate"),
        note="Testing (forky), as of that day.",
    ),
    "ubuntu": Product(
        "Ubuntu's packages",
        """
        25.04 1.26.3 0.10.28 - ? ?
        25.10 1.28.0 0.10.28 - ? 3.5.3
        26.04 1.28.3 0.10.29 - 0.9.4 3.5.5
        """,
        "packages.ubuntu.com (libnginx-mod-http-lua, libssl3t64, njs)",
        images=("ubuntu",),
    ),
    "alpine": Product(
        "Alpine's packages",
        """
        3.17 1.22.1 0.10.22 - ? 3.0
        3.18 1.24.0 0.10.24 - ? 3.1
        3.19 1.24.0 0.10.25 - ? 3.1.4
        3.20 1.26.3 0.10.26 - 0.8.4 3.3
        3.21 1.26.3 0.10.28 - 0.8.9 3.3
        3.22 1.28.2 0.10.28 - 0.9.5 3.5
        3.23 1.28.3 0.10.29 - 0.9.5 3.5 | njs is not below that of 3.22
        3.24 1.30.4 0.10.29 - 0.9.5 3.5.7 | njs is not below that of 3.22
        """,
        "alpinelinux/aports main/nginx/APKBUILD and pkgs.alpinelinux.org; linuxserver/docker-nginx package_versions.txt (OpenSSL of 3.24)",
        images=("alpine",),
        libc="musl",
        built=("stream_js with ssl",),
    ),
    "fedora": Product(
        "Fedora's packages",
        """
        42 1.30.1 - - - ?
        43 1.30.3 - - - ?
        44 1.30.4 - - - ?
        """,
        "packages.fedoraproject.org/pkgs/nginx",
        images=("fedora",),
    ),
    "rhel8": Product(
        "RHEL, Rocky, Alma, CentOS, UBI",
        """
        1.14 1.14 - - - 1.1.1k
        1.16 1.16 - - - 1.1.1k
        1.18 1.18 - - - 1.1.1k
        1.20 1.20 - - - 1.1.1k
        1.22 1.22 - - - 1.1.1k
        1.24 1.24 - - - 1.1.1k
        """,
        "sclorg/nginx-container Dockerfile.rhel8, a36fc02 and before; 3scale/APIcast Containerfile (OpenSSL of el8)",
        built=("stream separate", "mail separate"),
        note="A release is a stream of the module nginx.",
    ),
    "rhel9": Product(
        "RHEL, Rocky, Alma, CentOS, UBI",
        """
        1.20 1.20.1 - - - 3.5.5
        1.22 1.22 - - - 3.5.5
        1.24 1.24 - - - 3.5.5
        1.26 1.26 - - - 3.5.5
        """,
        "sclorg/nginx-container Dockerfile.rhel9, a36fc02; RHSA-2023:5711 (1.20.1); stackrox/stackrox-mcp rpms.lock.yaml (OpenSSL of 9.8)",
        built=("stream separate", "mail separate"),
        note="1.20 is the package, others are streams of the module nginx. OpenSSL is that of 9.8; earlier ones have an older one: --set openssl=3.0.",
    ),
    "rhel10": Product(
        "RHEL, Rocky, Alma, CentOS, UBI",
        """
        1.26 1.26 - - - ?
        """,
        "sclorg/nginx-container Dockerfile.rhel10, a36fc02",
        built=("stream separate", "mail separate"),
    ),
    "openwrt": Product(
        "OpenWrt's packages",
        """
        master 1.30.3 0.10.26 - 0.8.6 ? | the Lua module says that it is 0.10.25, and is a later commit (c89469e9) that shares contexts as 0.10.26 does
        """,
        "openwrt/packages net/nginx/Makefile, 0521bb56",
        libc="musl",
    ),
}
"""Name → the product. Rows with more to say about each are in versions_table.py."""

NAMES = {
    "plus": "nginx-plus",
    "ingress": "ingress-nginx",
    "ingress-nginx-controller": "ingress-nginx",
    "nginx-ingress-controller": "ingress-nginx",
    "nginx-plus-ingress": "nginx-ingress",
    "kubernetes-ingress": "nginx-ingress",
    "npm": "nginx-proxy-manager",
    "3scale-apicast": "apicast",
    "nginx-full": "nginx",
    "nginx-unprivileged": "nginx",
    "linuxserver-swag": "swag",
    "controller": "ingress-nginx",
}
"""Another name of a product → its name in PRODUCTS."""

WRITTEN = (
    (r"(?:nginx|angie|tengine) version: ", ""),
    (r"nginx[ /]\S+ \((nginx-plus-r\d+).*", r"\1"),
    (r"nginx plus\b", "nginx-plus"),
    (r"(?:docker/)?library/", ""),
    (r"ubuntu/nginx:[\d.]+-(\d\d\.\d\d).*", r"ubuntu-\1"),
    (r"sclorg/nginx-1(\d\d)\S*-c(\d+)s.*", r"rhel\2-1.\1"),
    (r"(?:rhel|ubi)(\d+)/nginx-1(\d\d).*", r"rhel\1-1.\2"),
    (
        r"(?:rhel|ubi|el|ol|rocky(?:linux)?|alma(?:linux)?|centos|oraclelinux)[-: ]?(?:stream)?"
        r"[- ]?(\d+)(?:\.\d+)?",
        r"rhel\1",
    ),
)
"""Pattern of how names begin, after the registry → what is meant. Those of RHEL are a product for
each of its releases."""

CODENAMES = {
    "bullseye": "debian-11",
    "bookworm": "debian-12",
    "trixie": "debian-13",
    "forky": "debian-14",
    "sid": "debian-sid",
    "focal": "ubuntu-20.04",
    "jammy": "ubuntu-22.04",
    "noble": "ubuntu-24.04",
    "plucky": "ubuntu-25.04",
    "questing": "ubuntu-25.10",
    "resolute": "ubuntu-26.04",
}
"""Codename of a distribution's release → its target."""
