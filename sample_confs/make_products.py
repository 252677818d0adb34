"""Write samples in the shape of what gateways and ingress controllers render: few hosts each.

python sample_confs/make_products.py

Which blocks there are and where Lua's CA bundle is set is as in the templates of the releases named
here; Lua code is a placeholder. The certificates are not there, as in a checkout.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

HERE = Path(__file__).parent
BUNDLE = "../ca-bundle.pem"


def block(head: str, *inside: str) -> str:
    """A block of the configuration, its contents indented."""
    return f"{head} {{\n{indent(chr(10).join(inside), '    ')}\n}}"


def lua(phase: str, module: str) -> str:
    """A directive that runs a function of a product's Lua module."""
    return f'{phase}_by_lua_block {{ require("{module}").{phase}() }}'


def started(module: str) -> list[str]:
    """Directives that run a module's functions as nginx and each worker start."""
    return [lua("init", module), lua("init_worker", module)]


def dicts(**sizes: str) -> list[str]:
    """Shared memory zones of Lua, with their sizes."""
    return [f"lua_shared_dict {name} {size};" for name, size in sizes.items()]


def certificate(name: str) -> list[str]:
    """A certificate and its key, by the name of their file."""
    return [f"ssl_certificate ssl/{name}.pem;", f"ssl_certificate_key ssl/{name}.pem;"]


def balancer(port: int, module: str) -> str:
    """The upstream whose servers Lua chooses."""
    inside = [f"server 0.0.0.1:{port};", lua("balancer", module), "keepalive 60;"]
    return block("upstream chosen_by_lua", *(inside if port == 80 else inside[:2]))


def conf(about: str, *main: str, connections: int = 16384) -> str:
    """A main file with its first comment; error messages go to standard error."""
    events = block("events", f"worker_connections {connections};")
    top = ["pid nginx.pid;", "error_log stderr;", "worker_processes 4;"]
    return f"# {about}\n" + "\n".join([*top, events, *main]) + "\n"


def ingress_nginx() -> str:
    """Kubernetes' ingress-nginx: every server has the default certificate, locations run Lua."""

    def location(path: str) -> str:
        phases = [lua(phase, "lua_ingress") for phase in ("rewrite", "header_filter", "log")]
        variables = [
            f"set ${name} {path};" for name in ("namespace", "ingress_name", "location_path")
        ]
        return block(f'location "{path}"', *variables, *phases, "proxy_pass http://chosen_by_lua;")

    def server(name: str, *paths: str) -> str:
        listens = ["listen 127.0.0.1:8080;", "listen 127.0.0.1:8443 ssl;"]
        return block(
            "server",
            f"server_name {name};",
            *listens,
            lua("ssl_certificate", "certificate"),
            *map(location, paths),
        )

    hosts = [
        server(f"app-{number:02}.example.com", "/", "/api/", "/static/") for number in range(12)
    ]
    internal = block(
        "server",
        "listen 127.0.0.1:10246;",
        block("location /healthz", "return 200;"),
        block("location /configuration", lua("content", "configuration")),
        block("location /", "return 404;"),
    )
    http = block(
        "http",
        *dicts(balancer_ewma="10m", certificate_data="20m", configuration_data="20m"),
        *started("lua_ingress"),
        "access_log off;",
        "ssl_session_cache shared:SSL:10m;",
        *certificate("default-fake-certificate"),
        balancer(80, "balancer"),
        server("_", "/"),
        *hosts,
        internal,
    )
    stream = block(
        "stream",
        *dicts(tcp_udp_configuration_data="5m"),
        lua("init", "tcp_udp_configuration"),
        lua("init_worker", "tcp_udp_balancer"),
        balancer(1234, "tcp_udp_balancer"),
        block("server", "listen 127.0.0.1:10247;", lua("content", "tcp_udp_configuration")),
    )
    return conf(
        "In the shape of Kubernetes' ingress-nginx controller, with 12 hosts.",
        "worker_shutdown_timeout 240s;",
        http,
        stream,
    )


def kong() -> str:
    """Kong Gateway: few blocks, whatever there are of routes; the bundle in http and in stream."""
    phases = [lua(name, "kong") for name in ("rewrite", "access", "header_filter", "log")]
    proxied = ["proxy_pass http://chosen_by_lua;"]
    api = [lua("content", "kong.api")]
    proxy = block(
        "server",
        "listen 127.0.0.1:8000;",
        "listen 127.0.0.1:8443 ssl;",
        *certificate("kong-default"),
        lua("ssl_certificate", "kong"),
        *phases,
        block("location /", *proxied),
        block("location @unbuffered", "proxy_buffering off;", *proxied),
        block("location @unbuffered_request", "proxy_request_buffering off;", *proxied),
        block("location @unbuffered_response", "proxy_buffering off;", *proxied),
        block("location @grpc", "grpc_pass grpc://chosen_by_lua;"),
        block("location = /kong_buffered_http", "internal;", *proxied),
        block("location = /kong_error_handler", "internal;", *api),
    )
    admins = [
        block(
            "server",
            f"listen 127.0.0.1:{port};",
            *(block(f"location {path}", *api) for path in paths),
        )
        for port, paths in {
            8001: ("/", "/nginx_status", "/robots.txt"),
            8002: ("/",),
            8005: ("/",),
            8007: ("/",),
            8100: ("/",),
        }.items()
    ]
    bundle = [f"lua_ssl_trusted_certificate {BUNDLE};", "lua_ssl_verify_depth 1;"]
    http = block(
        "http",
        *bundle,
        *dicts(kong="5m", kong_locks="8m", kong_core_db_cache="128m", kong_db_cache="128m"),
        *started("kong"),
        "access_log off;",
        balancer(80, "kong"),
        proxy,
        *admins,
    )
    servers = [
        block(
            "server",
            f"listen 127.0.0.1:{port};",
            lua("preread", "kong"),
            "proxy_pass chosen_by_lua;",
        )
        for port in range(9000, 9006)
    ]
    stream = block(
        "stream",
        *bundle,
        *dicts(stream_kong="5m", stream_kong_db_cache="128m"),
        *started("kong"),
        balancer(1234, "kong"),
        *servers,
    )
    return conf("In the shape of Kong Gateway, with stream_listen.", http, stream)


def apisix() -> str:
    """Apache APISIX: as few blocks as Kong; the bundle in http and in stream (from 3.12)."""
    phases = [lua(name, "apisix") for name in ("access", "header_filter", "body_filter", "log")]
    proxied = ["proxy_pass http://chosen_by_lua;", *phases[1:]]
    main = block(
        "server",
        "listen 127.0.0.1:9080;",
        "listen 127.0.0.1:9443 ssl;",
        *certificate("ssl_PLACE_HOLDER"),
        lua("ssl_certificate", "apisix"),
        block("location = /apisix/nginx_status", "stub_status;"),
        block("location /", *phases[:1], *proxied),
        block("location @grpc_pass", phases[0], "grpc_pass grpc://chosen_by_lua;", *phases[1:]),
        block("location @50x.html", "return 502;"),
    )
    others = [
        block(
            "server", f"listen 127.0.0.1:{port};", block(f"location {path}", lua("content", name))
        )
        for port, path, name in (
            (9090, "/", "apisix.control"),
            (9091, "/apisix/prometheus/", "apisix.metrics"),
            (9180, "/apisix/admin", "apisix.admin"),
        )
    ]
    bundle = [f"lua_ssl_trusted_certificate {BUNDLE};", "lua_ssl_verify_depth 5;"]
    http = block(
        "http",
        *dicts(
            **{"internal-status": "10m", "plugin-limit-req": "10m", "prometheus-metrics": "10m"}
        ),
        *bundle,
        *started("apisix"),
        "access_log off;",
        balancer(80, "apisix"),
        *others,
        main,
    )
    stream = block(
        "stream",
        *bundle,
        *dicts(**{"lrucache-lock-stream": "10m"}),
        *started("apisix.stream"),
        balancer(1234, "apisix.stream"),
        block(
            "server",
            "listen 127.0.0.1:9100;",
            lua("preread", "apisix.stream"),
            "proxy_pass chosen_by_lua;",
        ),
    )
    return conf(
        "In the shape of Apache APISIX with a stream proxy.",
        "worker_shutdown_timeout 240s;",
        http,
        stream,
        connections=10620,
    )


def nginx_proxy_manager() -> str:
    """Nginx Proxy Manager: no Lua of its own, but an nginx that has the module."""

    def host(number: int) -> str:
        return block(
            "server",
            "listen 127.0.0.1:8080;",
            "listen 127.0.0.1:8443 ssl;",
            f"server_name site-{number:02}.example.com;",
            *certificate(f"npm-{number}"),
            'set $server "127.0.0.1";',
            f"set $port {9000 + number};",
            block(
                "location /.well-known/acme-challenge/", "root /data/letsencrypt-acme-challenge;"
            ),
            block("location /", "proxy_set_header Host $host;", "proxy_pass http://$server:$port;"),
            block(
                "location ~* ^.*\\.(css|js|jpe?g|png|svg|woff2)$",
                "proxy_pass http://$server:$port;",
            ),
        )

    default = block("server", "listen 127.0.0.1:8080 default_server;", "return 404;")
    http = block(
        "http",
        "access_log off;",
        "resolver 127.0.0.1;",
        "ssl_session_cache shared:SSL:50m;",
        "proxy_cache_path cache levels=1:2 keys_zone=public-cache:30m max_size=192m;",
        default,
        *(host(number) for number in range(20)),
    )
    return conf("In the shape of Nginx Proxy Manager, with 20 proxy hosts.", http, connections=1024)


def bunkerweb() -> str:
    """BunkerWeb: Lua in each phase of each service, the bundle in http and in stream."""
    phases = [lua(phase, "bunkerweb") for phase in ("set", "access", "header_filter", "log")]

    def service(number: int) -> str:
        return block(
            "server",
            f"server_name www-{number}.example.com;",
            "listen 127.0.0.1:8080;",
            "listen 127.0.0.1:8443 ssl;",
            *certificate("self-signed"),
            lua("ssl_certificate", "bunkerweb"),
            *phases[1:],
            block("location /", f"proxy_pass http://127.0.0.1:{9000 + number};"),
            block("location /.well-known/acme-challenge/", "root /var/tmp/bunkerweb;"),
            block("location = /challenge", "internal;", lua("content", "bunkerweb")),
        )

    bundle = [f"lua_ssl_trusted_certificate {BUNDLE};", "lua_ssl_verify_depth 2;"]
    http = block(
        "http",
        *dicts(datastore="64m", cachestore="64m", cachestore_locks="10m"),
        *bundle,
        *started("bunkerweb"),
        "access_log off;",
        block("server", "listen 127.0.0.1:5000;", block("location /", lua("access", "api"))),
        *(service(number) for number in range(8)),
    )
    stream = block(
        "stream",
        *dicts(datastore_stream="64m"),
        *bundle,
        *started("bunkerweb"),
        block(
            "server",
            "listen 127.0.0.1:9999;",
            lua("preread", "bunkerweb"),
            "proxy_pass 127.0.0.1:9;",
        ),
    )
    return conf(
        "In the shape of BunkerWeb, with 8 services and a stream one.",
        "worker_shutdown_timeout 30s;",
        http,
        stream,
        connections=1024,
    )


SAMPLES = {
    "apisix": apisix,
    "bunkerweb": bunkerweb,
    "ingress-nginx": ingress_nginx,
    "kong": kong,
    "nginx-proxy-manager": nginx_proxy_manager,
}
"""Name of a sample → the text of its nginx.conf."""


def main() -> None:
    """Write the files."""
    for name, text in SAMPLES.items():
        (HERE / name).mkdir(exist_ok=True)
        (HERE / name / "nginx.conf").write_text(text())


if __name__ == "__main__":
    main()
