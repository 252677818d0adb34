"""Whole configurations that no cost was fitted to: written before the tables of costs were read.

Each is a kind of server that people run, with the files that it includes, in the sizes that such
servers have. `write` puts one of them into a prefix and returns its main file.
"""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Callable, Iterable, Mapping
from itertools import cycle
from pathlib import Path
from textwrap import dedent

from tests.nginx.cache import cache_dir
from tests.nginx.part_files import place_in
from tests.nginx.prefix import pem_bundle
from tests.nginx.stack import Stack

TEMPORARY = "client_body", "proxy", "fastcgi", "uwsgi", "scgi"
TIMEOUT = 60.0
POOL = 10
"""Keys of each kind: certificates share them, what nginx takes for each is the same."""


class Site:
    """A prefix in which a configuration is written, and words to make it of."""

    def __init__(self, prefix: Path, stack: Stack) -> None:
        self.prefix = prefix
        self.stack = stack
        self.place = place_in(prefix)
        self._random = random.Random(14)

    def file(self, name: str, text: str) -> str:
        """Write a file below the prefix and return its path."""
        path = self.prefix / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def word(self, parts: int = 2) -> str:
        """A name that looks like one."""
        letters = self._random.choice
        return "".join(letters("bdfgklmnprstvz") + letters("aeio") for _ in range(2 * parts))

    def number(self, low: int, high: int) -> int:
        """A number from a range, both ends included."""
        return self._random.randint(low, high)

    def network(self) -> str:
        """A network as blocklists have them."""
        octets = [self.number(1, 223), self.number(0, 255), self.number(0, 255)]
        length = self._random.choice([16, 20, 22, 24, 24, 24, 28, 32, 32, 32])
        value = (octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | self.number(0, 255)) & (
            0xFFFFFFFF << (32 - length)
        )
        return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0)) + f"/{length}"

    def main(
        self, workers: int, connections: int, inside: str, *modules: str, top: str = ""
    ) -> str:
        """A main file around blocks, as Debian's is."""
        return (
            (self.stack.load_lines(*modules) if modules else "")
            # workers must be able to read what the tests made, wherever that is
            + ("user root root;\n" if os.geteuid() == 0 else "")
            + f"worker_processes {workers};\npid {self.prefix}/logs/nginx.pid;\n"
            + f"error_log {self.prefix}/logs/error.log warn;\n{top}"
            + f"events {{ worker_connections {connections}; multi_accept on; }}\n{inside}"
        )

    def http(self, text: str) -> str:
        """The http block, with the paths that a test needs."""
        paths = "".join(f"    {kind}_temp_path {self.prefix}/temp/{kind};\n" for kind in TEMPORARY)
        return f"http {{\n{paths}{text}\n}}\n"

    def socket(self, number: int = 0) -> str:
        """The address of a ``listen``."""
        return f"unix:{self.prefix}/s{number}.sock"


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=True)
    return done.stdout


def _directory() -> Path:
    path = cache_dir() / "held-out-1"
    path.mkdir(exist_ok=True)
    return path


def _key(kind: str, number: int | str) -> Path:
    path = _directory() / f"{kind}-{number}.key"
    if not path.exists():
        options = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        if kind == "ec":
            options = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        made = _run("openssl", "genpkey", "-algorithm", *options)
        path.write_text(made)
    return path


def _certificate(
    kind: str, name: str, key: Path, issuer: str | None = None, names: Iterable[str] = ()
) -> Path:
    """A certificate for some names, signed by the CA `issuer` of its kind, or by itself."""
    path = _directory() / f"{kind}-{name}.crt"
    if path.exists():
        return path
    command = ["openssl", "req", "-x509", "-days", "3650", "-key", str(key), "-subj"]
    command += [f"/CN={name}" if issuer else f"/C=US/O=Example Trust/CN={name}"]
    if alternatives := ",".join(f"DNS:{each}" for each in names):
        command += ["-addext", f"subjectAltName={alternatives}"]
        command += ["-addext", "extendedKeyUsage=serverAuth,clientAuth"]
        command += ["-addext", "certificatePolicies=2.23.140.1.2.1"]
        command += ["-addext", "authorityInfoAccess=caIssuers;URI:http://i.example.org/"]
        command += ["-addext", "basicConstraints=critical,CA:FALSE"]
    if issuer is not None:
        authority = _certificate(kind, issuer, _key(kind, issuer))
        command += ["-CA", str(authority), "-CAkey", str(_key(kind, issuer))]
    path.write_text(_run(*command))
    return path


def chain(kind: str, number: int, domain: str, *others: str, length: int = 2) -> tuple[Path, Path]:
    """The files of a chain for some domains, and of its key."""
    key = _key(kind, number % POOL)
    path = _directory() / f"{kind}-{domain}-{length}.chain"
    if not path.exists():
        links = [_certificate(kind, domain, key, "issuing", (domain, *others))]
        for above in ("issuing", "intermediate", "root")[: length - 1]:
            links.append(_certificate(kind, above, _key(kind, above)))
        path.write_text("".join(link.read_text() for link in links))
    return path, key


def wordpress(site: Site, workers: int) -> str:
    """Hosting of 140 WordPress sites, each with its includes of the same snippets."""
    site.file(
        "snippets/security.conf",
        """
        add_header X-Frame-Options "SAMEORIGIN" always;
        add_header X-Content-Type-Options "nosniff" always;
        add_header Referrer-Policy "strict-origin-when-cross-origin" always;
        add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
        """,
    )
    parameters = (
        "SCRIPT_FILENAME $document_root$fastcgi_script_name;QUERY_STRING $query_string;"
        "REQUEST_METHOD $request_method;CONTENT_TYPE $content_type;"
        "CONTENT_LENGTH $content_length;SCRIPT_NAME $fastcgi_script_name;"
        "REQUEST_URI $request_uri;DOCUMENT_URI $document_uri;DOCUMENT_ROOT $document_root;"
        "SERVER_PROTOCOL $server_protocol;REQUEST_SCHEME $scheme;HTTPS $https if_not_empty;"
        "GATEWAY_INTERFACE CGI/1.1;SERVER_SOFTWARE nginx/$nginx_version;"
        "REMOTE_ADDR $remote_addr;REMOTE_PORT $remote_port;SERVER_ADDR $server_addr;"
        "SERVER_PORT $server_port;SERVER_NAME $server_name;REDIRECT_STATUS 200"
    )
    site.file("fastcgi.conf", "".join(f"fastcgi_param {each};\n" for each in parameters.split(";")))
    site.file(
        "snippets/php.conf",
        f"""
        fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
        try_files $fastcgi_script_name =404;
        set $path_info $fastcgi_path_info;
        fastcgi_param PATH_INFO $path_info;
        fastcgi_index index.php;
        include {site.prefix}/fastcgi.conf;
        fastcgi_buffers 16 16k;
        fastcgi_buffer_size 32k;
        fastcgi_read_timeout 300;
        """,
    )
    site.file(
        "snippets/wordpress.conf",
        f"""
        include {site.prefix}/snippets/security.conf;
        location = /favicon.ico {{ log_not_found off; access_log off; }}
        location = /robots.txt {{ allow all; log_not_found off; access_log off; }}
        location ~ /\\.(?!well-known) {{ deny all; }}
        location ~* /(?:uploads|files)/.*\\.php$ {{ deny all; }}
        location ~* /xmlrpc\\.php$ {{ deny all; }}
        location ~* \\.(js|css|png|jpg|jpeg|gif|ico|svg|woff2?)$ {{
            expires 30d;
            add_header Cache-Control "public, immutable";
            log_not_found off;
        }}
        """,
    )
    sites = []
    for number in range(140):
        domain = f"{site.word()}.example.{('com', 'net', 'org')[number % 3]}"
        certificate, key = chain("ec" if number % 3 else "rsa", number, domain, f"www.{domain}")
        root = f"/srv/www/{domain}/public"
        sites.append(
            f"""
            server {{
                listen {site.socket()};
                server_name {domain} www.{domain};
                return 301 https://{domain}$request_uri;
            }}
            server {{
                listen {site.socket(1)} ssl http2;
                server_name www.{domain};
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                return 301 https://{domain}$request_uri;
            }}
            server {{
                listen {site.socket(1)} ssl http2;
                server_name {domain};
                root {root};
                index index.php index.html;
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                access_log {site.prefix}/logs/{domain}.access.log combined;
                error_log {site.prefix}/logs/{domain}.error.log;
                client_max_body_size 64m;
                set $skip_cache 0;
                if ($request_method = POST) {{ set $skip_cache 1; }}
                if ($query_string != "") {{ set $skip_cache 1; }}
                if ($http_cookie ~* "comment_author|wordpress_[a-f0-9]+|wp-postpass|logged_in") {{
                    set $skip_cache 1;
                }}
                include {site.prefix}/snippets/wordpress.conf;
                location / {{ try_files $uri $uri/ /index.php?$args; }}
                location = /wp-login.php {{
                    limit_req zone=login burst=3 nodelay;
                    include {site.prefix}/snippets/php.conf;
                    fastcgi_pass unix:/run/php/{domain}.sock;
                }}
                location ~ \\.php$ {{
                    include {site.prefix}/snippets/php.conf;
                    fastcgi_pass unix:/run/php/{domain}.sock;
                    fastcgi_cache wordpress;
                    fastcgi_cache_bypass $skip_cache;
                    fastcgi_no_cache $skip_cache;
                    fastcgi_cache_valid 200 60m;
                }}
            }}
            """
        )
    site.file("sites-enabled/all.conf", "".join(map(dedent, sites)))
    http = f"""
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    server_names_hash_max_size 4096;
    server_names_hash_bucket_size 128;
    server_tokens off;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    ssl_session_cache shared:SSL:20m;
    ssl_session_timeout 1d;
    access_log {site.prefix}/logs/access.log;
    gzip on;
    gzip_vary on;
    gzip_proxied any;
    gzip_types text/plain text/css application/json application/javascript text/xml image/svg+xml;
    fastcgi_cache_path {site.prefix}/fcgi levels=1:2 keys_zone=wordpress:100m inactive=60m;
    fastcgi_cache_key "$scheme$request_method$host$request_uri";
    fastcgi_cache_use_stale error timeout invalid_header http_500;
    limit_req_zone $binary_remote_addr zone=login:10m rate=1r/s;
    include {site.prefix}/sites-enabled/*.conf;
    """
    return site.main(workers, 768, site.http(http))


def api_gateway(site: Site, workers: int) -> str:
    """A gateway in front of 48 services: keys in a map, limits, a subrequest that authorises."""
    keys = "".join(
        f'    "{site.number(16**31, 16**32 - 1):032x}" "{site.word()}";\n' for _ in range(2500)
    )
    site.file("api_keys.map", keys)
    site.file(
        "jwt.js",
        dedent(
            """
            function decode(token) {
                return token.split('.').slice(0, 2)
                    .map(v => Buffer.from(v, 'base64url').toString())
                    .map(JSON.parse);
            }
            function subject(r) {
                try {
                    const h = r.headersIn.Authorization;
                    return decode(h.slice(7))[1].sub;
                } catch (e) {
                    return '';
                }
            }
            function tenant(r) {
                const parts = r.headersIn.Host.split('.');
                if (parts.length < 3) {
                    return 'public';
                }
                return parts[0].toLowerCase();
            }
            export default { subject, tenant };
            """
        ),
    )
    services = [site.word() for _ in range(48)]
    upstreams = "".join(
        f"""
        upstream {service} {{
            zone {service} 64k;
            least_conn;
            keepalive 32;
            keepalive_requests 1000;
            server 10.{number}.0.10:8080 max_fails=3 fail_timeout=10s;
            server 10.{number}.0.11:8080 max_fails=3 fail_timeout=10s;
            server 10.{number}.0.12:8080 backup;
        }}
        """
        for number, service in enumerate(services)
    )
    limits = "".join(
        f"limit_req_zone $api_client zone={name}:10m rate={rate}r/s;\n"
        for name, rate in (("free", 5), ("basic", 50), ("pro", 500), ("internal", 5000))
    )
    headers = """
                    proxy_set_header Host $host;
                    proxy_set_header X-Real-IP $remote_addr;
                    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    proxy_set_header X-Forwarded-Proto $scheme;
                    proxy_set_header X-Request-ID $request_id;
                    proxy_set_header X-Client $api_client;
                    proxy_set_header X-Subject $jwt_subject;
                    proxy_set_header Connection "";
                    proxy_http_version 1.1;
    """
    site.file("proxy_headers.conf", headers)
    locations = "".join(
        f"""
            location /v{version}/{service}/ {{
                auth_request /_auth;
                auth_request_set $auth_user $upstream_http_x_user;
                limit_req zone={("free", "basic", "pro")[version % 3]} burst={20 * version} nodelay;
                limit_conn clients 50;
                include {site.prefix}/proxy_headers.conf;
                proxy_set_header X-User $auth_user;
                proxy_connect_timeout 2s;
                proxy_read_timeout 30s;
                proxy_next_upstream error timeout http_502 http_503;
                proxy_next_upstream_tries 2;
                client_max_body_size {version}m;
                proxy_pass http://{service}/;
            }}
            location ~ ^/v{version}/{service}/(?<{service}{version}_id>[0-9a-f-]+)/events$ {{
                auth_request /_auth;
                include {site.prefix}/proxy_headers.conf;
                proxy_buffering off;
                proxy_read_timeout 1h;
                proxy_pass http://{service};
            }}
        """
        for service in services
        for version in (1, 2, 3)
    )
    errors = "".join(
        f"""
            error_page {code} = @{code};
            location @{code} {{
                internal;
                default_type application/json;
                return {code} '{{"status":{code},"request":"$request_id"}}\\n';
            }}
        """
        for code in (400, 401, 403, 404, 405, 413, 415, 426, 429, 500, 502, 503, 504)
    )
    certificate, key = chain("ec", 0, "api.example.com", "*.api.example.com", length=3)
    http = f"""
    js_path {site.prefix};
    js_import jwt from jwt.js;
    js_set $jwt_subject jwt.subject;
    js_set $jwt_tenant jwt.tenant;
    include /etc/nginx/mime.types;
    map_hash_max_size 8192;
    map_hash_bucket_size 128;
    map $http_x_api_key $api_client {{
        default "";
        include {site.prefix}/api_keys.map;
    }}
    map $http_origin $cors {{
        default "";
        ~^https://([a-z0-9-]+\\.)?example\\.com$ $http_origin;
        ~^https://localhost(:[0-9]+)?$ $http_origin;
    }}
    {limits}
    limit_conn_zone $binary_remote_addr zone=clients:10m;
    limit_req_status 429;
    limit_conn_status 429;
    log_format json escape=json '{{"time":"$time_iso8601","id":"$request_id",'
        '"client":"$api_client",'
        '"request":"$request","status":$status,"bytes":$body_bytes_sent,'
        '"upstream":"$upstream_addr","upstream_time":"$upstream_response_time",'
        '"connect":"$upstream_connect_time","time_taken":$request_time,"agent":"$http_user_agent",'
        '"subject":"$jwt_subject","tenant":"$jwt_tenant","tls":"$ssl_protocol/$ssl_cipher"}}';
    access_log {site.prefix}/logs/api.log json buffer=64k flush=5s;
    {upstreams}
    server {{
        listen {site.socket()} ssl http2;
        server_name api.example.com;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_session_cache shared:TLS:10m;
        add_header Access-Control-Allow-Origin $cors always;
        add_header X-Request-ID $request_id always;
        location = /_auth {{
            internal;
            proxy_pass http://{services[0]}/authorize;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
            proxy_set_header X-Original-URI $request_uri;
        }}
        location = /health {{ access_log off; return 200 "ok\\n"; }}
        {errors}
        {locations}
        location / {{ return 404; }}
    }}
    """
    return site.main(
        workers, 8192, site.http(http), "ngx_http_js_module", top="worker_rlimit_nofile 65536;\n"
    )


def cdn_edge(site: Site, workers: int) -> str:
    """The edge of a CDN: caches, slices, signed links, 70 customers' names."""
    paths = "".join(
        f"proxy_cache_path {site.prefix}/cache/{name} levels=1:2 keys_zone={name}:{size}m "
        f"max_size=100g inactive=7d use_temp_path=off;\n"
        for name, size in (("images", 200), ("video", 100), ("html", 50), ("api", 20), ("live", 10))
    )
    (site.prefix / "cache").mkdir()
    origins = "".join(
        f"""
        upstream origin{number} {{
            zone origins 2m;
            hash $uri consistent;
            server 192.0.2.{number + 1}:80 weight=5;
            server 198.51.100.{number + 1}:80;
            keepalive 16;
        }}
        """
        for number in range(24)
    )
    cached = """
            proxy_cache_lock on;
            proxy_cache_lock_timeout 10s;
            proxy_cache_revalidate on;
            proxy_cache_background_update on;
            proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
            proxy_cache_valid 200 206 301 1d;
            proxy_cache_valid 404 1m;
            proxy_ignore_headers Set-Cookie Vary;
            proxy_hide_header Set-Cookie;
            proxy_hide_header X-Powered-By;
            add_header X-Cache $upstream_cache_status;
            add_header Timing-Allow-Origin "*";
            proxy_set_header Host $host;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
    """
    site.file("cached.conf", dedent(cached))
    customers = []
    for number in range(70):
        domain = f"{site.word(3)}.cdn.example.net"
        alias = [f"static{each}.{site.word()}.example.com" for each in range(6)]
        certificate, key = chain("rsa", number, domain, *alias)
        origin = f"origin{number % 24}"
        customers.append(
            f"""
            server {{
                listen {site.socket()};
                listen {site.socket(1)} ssl http2;
                server_name {domain} {" ".join(alias)};
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                access_log {site.prefix}/logs/{domain}.log edge buffer=32k flush=10s if=$sampled;
                location ~* \\.(?:jpe?g|png|gif|webp|avif|ico|svg)$ {{
                    include {site.prefix}/cached.conf;
                    proxy_cache images;
                    proxy_pass http://{origin};
                }}
                location ~* \\.(?:mp4|m4s|ts|webm)$ {{
                    slice 1m;
                    include {site.prefix}/cached.conf;
                    proxy_cache video;
                    proxy_cache_key $host$uri$slice_range;
                    proxy_set_header Range $slice_range;
                    proxy_pass http://{origin};
                }}
                location /secure/ {{
                    secure_link $arg_md5,$arg_expires;
                    secure_link_md5 "$secure_link_expires$uri {site.word()}";
                    if ($secure_link = "") {{ return 403; }}
                    if ($secure_link = "0") {{ return 410; }}
                    include {site.prefix}/cached.conf;
                    proxy_cache html;
                    proxy_pass http://{origin};
                }}
                location /live/ {{
                    include {site.prefix}/cached.conf;
                    proxy_cache live;
                    proxy_cache_valid 200 2s;
                    proxy_pass http://{origin};
                }}
                location / {{
                    include {site.prefix}/cached.conf;
                    proxy_cache html;
                    sub_filter 'http://{domain}/' 'https://{domain}/';
                    sub_filter_once off;
                    proxy_pass http://{origin};
                }}
            }}
            """
        )
    http = f"""
    include /etc/nginx/mime.types;
    sendfile on;
    aio threads=disk;
    directio 8m;
    output_buffers 4 256k;
    open_file_cache max=20000 inactive=60s;
    open_file_cache_valid 60s;
    server_names_hash_bucket_size 128;
    proxy_buffers 32 16k;
    proxy_buffer_size 16k;
    gzip on;
    gzip_comp_level 5;
    gzip_types *;
    log_format edge '$remote_addr $host [$time_local] "$request" $status $bytes_sent '
                    '$upstream_cache_status $request_time "$http_referer"';
    split_clients $request_id $sampled {{ 1% 1; * 0; }}
    geo $internal {{ default 0; 10.0.0.0/8 1; 172.16.0.0/12 1; 192.168.0.0/16 1; }}
    map $http_accept $webp {{ default ""; ~image/webp .webp; }}
    {paths}
    proxy_cache_key $host$uri$is_args$args;
    ssl_session_cache shared:edge:50m;
    ssl_session_tickets off;
    ssl_buffer_size 8k;
    {origins}
    {"".join(customers)}
    server {{
        listen {site.socket()} default_server;
        location /status {{ stub_status; allow 127.0.0.1; deny all; }}
        location / {{ return 444; }}
    }}
    """
    return site.main(
        workers, 16384, site.http(http), top="thread_pool disk threads=16 max_queue=65536;\n"
    )


def websockets(site: Site, workers: int) -> str:
    """WebSockets of devices that show certificates: many connections, client CAs, a CRL."""
    clients = site.place.files["ca20"]
    listed = site.place.files["crl1000"]
    backends = "".join(
        f"        server 10.1.{number // 8}.{number % 8 + 1}:9000;\n" for number in range(24)
    )
    servers = []
    for number in range(16):
        region = f"region{number}.devices.example.io"
        certificate, key = chain("rsa", number, region, length=3)
        servers.append(
            f"""
            server {{
                listen {site.socket(number)} ssl backlog=4096;
                server_name {region};
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                ssl_client_certificate {clients};
                ssl_verify_client on;
                ssl_verify_depth 3;
                ssl_crl {listed};
                location /mqtt {{
                    proxy_pass http://devices;
                    proxy_http_version 1.1;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $connection_upgrade;
                    proxy_set_header X-Device $ssl_client_s_dn;
                    proxy_set_header X-Serial $ssl_client_serial;
                    proxy_read_timeout 3600s;
                    proxy_send_timeout 3600s;
                    proxy_buffering off;
                }}
                location /socket.io/ {{
                    if ($ssl_client_verify != SUCCESS) {{ return 403; }}
                    proxy_pass http://devices;
                    proxy_http_version 1.1;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $connection_upgrade;
                    proxy_read_timeout 1d;
                }}
            }}
            """
        )
    http = f"""
    map $http_upgrade $connection_upgrade {{ default upgrade; "" close; }}
    map $ssl_client_s_dn $device {{ default ""; ~CN=(?<cn>[^,]+) $cn; }}
    upstream devices {{
        ip_hash;
{backends}
        keepalive 64;
    }}
    limit_conn_zone $device zone=devices:32m;
    limit_conn devices 4;
    access_log {site.prefix}/logs/ws.log;
    ssl_session_cache shared:WS:100m;
    ssl_session_timeout 4h;
    {"".join(servers)}
    """
    top = "worker_rlimit_nofile 200000;\nworker_shutdown_timeout 10m;\n"
    return site.main(workers, 65536, site.http(http), top=top)


def mail_proxy(site: Site, workers: int) -> str:
    """A proxy for mail of 30 domains: IMAP, POP3 and SMTP with TLS, and the script that routes."""
    servers = []
    dh = site.place.files["dh"]
    for number in range(30):
        domain = f"mail.{site.word()}.example.org"
        certificate, key = chain("rsa", number, domain, f"imap.{domain}", f"smtp.{domain}")
        old, old_key = chain("ec", number, domain, f"imap.{domain}", f"smtp.{domain}")
        for index, (protocol, more) in enumerate(
            (
                ("imap", 'imap_capabilities "IMAP4rev1" "UIDPLUS" "IDLE" "LITERAL+" "QUOTA";'),
                ("pop3", 'pop3_auth plain apop; pop3_capabilities "TOP" "USER" "UIDL";'),
                ("smtp", 'smtp_auth login plain; smtp_capabilities "SIZE 52428800" 8BITMIME DSN;'),
            )
        ):
            servers.append(
                f"""
                server {{
                    server_name {domain};
                    listen {site.socket(10 * number + index)}{" ssl" if index < 2 else ""};
                    protocol {protocol};
                    {"starttls on;" if index == 2 else ""}
                    {more}
                    ssl_certificate {certificate};
                    ssl_certificate_key {key};
                    ssl_certificate {old};
                    ssl_certificate_key {old_key};
                    ssl_dhparam {dh};
                    proxy_pass_error_message on;
                    {"xclient off;" if index == 2 else ""}
                }}
                """
            )
    mail = f"""
mail {{
    auth_http unix:{site.prefix}/auth.sock:/auth;
    auth_http_header X-Auth-Key "{site.word()}";
    auth_http_timeout 10s;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:MAIL:10m;
    proxy_timeout 24h;
    timeout 60s;
    resolver 127.0.0.1;
    {"".join(servers)}
}}
"""
    http = f"""
    access_log off;
    server {{
        listen unix:{site.prefix}/auth.sock;
        location /auth {{
            fastcgi_pass unix:/run/auth.sock;
            fastcgi_param SCRIPT_FILENAME /srv/auth.php;
            fastcgi_param AUTH_USER $http_auth_user;
            fastcgi_param AUTH_PASS $http_auth_pass;
        }}
    }}
    """
    return site.main(workers, 2048, mail + site.http(http), "ngx_mail_module")


def passthrough(site: Site, workers: int) -> str:
    """A balancer of TCP: names of TLS to 300 clusters, some ports with TLS of its own."""
    clusters = [f"{site.word()}{number}" for number in range(300)]
    rows = "".join(
        f"        {site.word()}{number}.apps.example.com {clusters[number % 300]};\n"
        for number in range(6000)
    )
    rows += "".join(f"        *.{cluster}.example.com {cluster};\n" for cluster in clusters)
    rows += "".join(
        f"        ~^{site.word()}-[a-z0-9]+\\.preview\\.example\\.dev$ {clusters[number]};\n"
        for number in range(150)
    )
    site.file("sni.map", rows)
    upstreams = "".join(
        f"""
        upstream {cluster} {{
            zone {cluster} 128k;
            {("least_conn;", "hash $remote_addr consistent;", "random two;")[number % 3]}
            server 10.{number // 200}.{number % 200}.1:443 max_fails=2;
            server 10.{number // 200}.{number % 200}.2:443 max_fails=2;
            server 10.{number // 200}.{number % 200}.3:443;
        }}
        """
        for number, cluster in enumerate(clusters)
    )
    terminated = []
    for number in range(40):
        certificate, key = chain("ec", number, f"tcp{number}.example.com", length=3)
        terminated.append(
            f"""
            server {{
                listen {site.socket(number + 1)} ssl;
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_session_cache shared:STREAM:10m;
                proxy_ssl on;
                proxy_ssl_verify on;
                proxy_ssl_trusted_certificate {site.place.files["issuer"]};
                proxy_ssl_name db.example.internal;
                proxy_pass {clusters[number]};
                proxy_timeout 1h;
                access_log {site.prefix}/logs/tcp.log basic;
            }}
            """
        )
    stream = f"""
stream {{
    log_format basic '$remote_addr [$time_local] $protocol $status $bytes_sent $bytes_received '
                     '$session_time $ssl_preread_server_name';
    map_hash_max_size 16384;
    map_hash_bucket_size 128;
    variables_hash_bucket_size 128;
    map $ssl_preread_server_name $cluster {{
        hostnames;
        default {clusters[0]};
{rows}
    }}
    limit_conn_zone $binary_remote_addr zone=addr:10m;
    {upstreams}
    {"".join(terminated)}
    server {{
        listen {site.socket()};
        ssl_preread on;
        proxy_pass $cluster;
        proxy_connect_timeout 3s;
        proxy_protocol on;
        limit_conn addr 100;
        access_log {site.prefix}/logs/sni.log basic buffer=16k;
    }}
}}
"""
    return site.main(workers, 20000, stream, "ngx_stream_module")


def networks(site: Site, count: int) -> Iterable[str]:
    """About so many networks, each once."""
    return dict.fromkeys(site.network() for _ in range(count))


def blocklists(site: Site, workers: int) -> str:
    """A shop behind lists: networks that are blocked, crawlers, referers, addresses denied."""
    site.file(
        "blocked.geo",
        "".join(f"{network} 1;\n" for network in {site.network() for _ in range(80000)}),
    )
    countries = ("DE", "FR", "US", "GB", "NL", "PL", "ES", "IT", "CN", "BR", "IN", "RU")
    nations = zip(networks(site, 30000), cycle(countries), strict=False)
    site.file("country.geo", "".join(f"{network} {nation};\n" for network, nation in nations))
    site.file(
        "agents.map",
        "".join(
            f'"~*(?:\\b){site.word()}(?:bot|crawler|spider)?(?:\\b)" {site.number(1, 3)};\n'
            for _ in range(900)
        ),
    )
    site.file(
        "referers.map",
        "".join(f'"{site.word()}.{site.word(1)}.example" 1;\n' for _ in range(12000)),
    )
    site.file(
        "deny.conf",
        "".join(f"deny {network};\n" for network in {site.network() for _ in range(3000)}),
    )
    shops = []
    for number in range(12):
        domain = f"{site.word()}.shop.example"
        languages = f"~^(?<lang{number}>[a-z]{{2}})\\.{domain.replace('.', '[.]')}$"
        certificate, key = chain("ec", number, domain)
        shops.append(
            f"""
            server {{
                listen {site.socket()} ssl;
                server_name {domain} "{languages}";
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                if ($blocked) {{ return 444; }}
                if ($bad_agent) {{ return 403; }}
                if ($bad_referer) {{ return 403; }}
                location / {{
                    proxy_pass http://127.0.0.1:8080;
                    proxy_set_header Host $host;
                    proxy_set_header X-Country $country;
                }}
                location /admin {{
                    allow 203.0.113.0/24;
                    deny all;
                    proxy_pass http://127.0.0.1:8080;
                }}
            }}
            """
        )
    http = f"""
    access_log {site.prefix}/logs/access.log;
    map_hash_max_size 32768;
    map_hash_bucket_size 128;
    server_names_hash_bucket_size 128;
    geo $blocked {{
        default 0;
        include {site.prefix}/blocked.geo;
    }}
    geo $country {{
        ranges;
        default ZZ;
        10.0.0.0-10.255.255.255 XX;
    }}
    geo $remote_addr $nation {{
        default ZZ;
        include {site.prefix}/country.geo;
    }}
    map $http_user_agent $bad_agent {{
        default 0;
        include {site.prefix}/agents.map;
    }}
    map $http_referer $bad_referer {{
        hostnames;
        default 0;
        include {site.prefix}/referers.map;
    }}
    include {site.prefix}/deny.conf;
    real_ip_header X-Forwarded-For;
    set_real_ip_from 10.0.0.0/8;
    limit_req_zone $binary_remote_addr zone=all:20m rate=20r/s;
    limit_req zone=all burst=40;
    {"".join(shops)}
    """
    return site.main(workers, 4096, site.http(http), top="pcre_jit on;\n")


def lua_gateway(site: Site, workers: int) -> str:
    """A gateway in Lua: 12 hosts with 30 routes each, a bundle in http, dictionaries, handlers."""
    zones = "".join(
        f"lua_shared_dict {name} {size}m;\n"
        for name, size in (
            ("routes", 10), ("plugins", 5), ("tokens", 64), ("counters", 10), ("locks", 1),
            ("upstreams", 5), ("certificates", 20), ("health", 1), ("metrics", 32),
        )
    )  # fmt: skip
    servers = []
    for number in range(12):
        domain = f"{site.word()}.gw.example.com"
        certificate, key = chain("rsa", number, domain)
        routes = "".join(
            f"""
                location /{site.word()}/ {{
                    set $route "{number}-{route}";
                    access_by_lua_block {{
                        local token = ngx.var.http_authorization
                        if not token then
                            return ngx.exit(401)
                        end
                        local hits = ngx.shared.counters:incr(ngx.var.route, 1, 0)
                        if hits and hits > 100000 then
                            ngx.shared.counters:set(ngx.var.route, 0)
                        end
                    }}
                    header_filter_by_lua_block {{
                        ngx.header["X-Route"] = ngx.var.route
                        ngx.header["Server"] = nil
                    }}
                    proxy_set_header Host $host;
                    proxy_set_header X-Route $route;
                    proxy_http_version 1.1;
                    proxy_pass http://balanced;
                }}
            """
            for route in range(30)
        )
        servers.append(
            f"""
            server {{
                listen {site.socket()} ssl http2;
                server_name {domain};
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                ssl_certificate_by_lua_block {{
                    local ssl = require "ngx.ssl"
                    local name = ssl.server_name()
                    if name then ngx.shared.certificates:get(name) end
                }}
                rewrite_by_lua_block {{ ngx.ctx.started = ngx.now() }}
                log_by_lua_block {{
                    local spent = ngx.now() - (ngx.ctx.started or ngx.now())
                    ngx.shared.metrics:incr("spent", spent, 0)
                }}
                {routes}
                location / {{ content_by_lua_block {{ ngx.exit(404) }} }}
            }}
            """
        )
    http = f"""
    {zones}
    lua_package_path "/usr/share/lua/5.1/?.lua;;";
    lua_ssl_trusted_certificate {pem_bundle(140)};
    lua_ssl_verify_depth 5;
    lua_socket_log_errors off;
    lua_max_pending_timers 4096;
    init_worker_by_lua_block {{
        local function check(premature)
            if premature then return end
            ngx.shared.health:set("alive", ngx.now())
        end
        ngx.timer.every(30, check)
    }}
    upstream balanced {{
        server 0.0.0.1;
        balancer_by_lua_block {{
            local balancer = require "ngx.balancer"
            balancer.set_current_peer("127.0.0.1", 8080)
        }}
        keepalive 60;
    }}
    access_log {site.prefix}/logs/gateway.log;
    ssl_session_cache shared:GW:10m;
    {"".join(servers)}
    """
    return site.main(
        workers, 10240, site.http(http), "ngx_http_lua_module", top="env REGION;\nenv STAGE;\n"
    )


def custom_domains(site: Site, workers: int) -> str:
    """A service under its customers' names: 800 servers with a certificate each, RSA or EC."""
    site.file(
        "app.conf",
        f"""
        ssl_stapling off;
        add_header X-Served-By edge;
        location / {{
            proxy_pass http://app;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto https;
        }}
        location /.well-known/acme-challenge/ {{ root {site.prefix}/acme; }}
        location /assets/ {{ proxy_pass http://assets; expires 1y; }}
        """,
    )
    for number in range(800):
        domain = f"{('www', 'shop', 'app', 'portal')[number % 4]}.{site.word()}.example"
        certificate, key = chain("rsa" if number % 2 else "ec", number, domain)
        text = f"""
        server {{
            listen {site.socket()} ssl http2;
            server_name {domain};
            ssl_certificate {certificate};
            ssl_certificate_key {key};
            include {site.prefix}/app.conf;
        }}
        """
        site.file(f"domains/{number:04d}.conf", dedent(text))
    default, key = chain("ec", 0, "fallback.example.com")
    http = f"""
    server_names_hash_max_size 8192;
    server_names_hash_bucket_size 64;
    ssl_session_cache shared:SAAS:64m;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256;
    access_log {site.prefix}/logs/saas.log;
    upstream app {{ zone app 256k; server 10.0.0.1:3000; server 10.0.0.2:3000; keepalive 128; }}
    upstream assets {{ server 10.0.0.9:80; }}
    server {{
        listen {site.socket()} ssl http2 default_server;
        server_name _;
        ssl_certificate {default};
        ssl_certificate_key {key};
        return 421;
    }}
    include {site.prefix}/domains/*.conf;
    """
    return site.main(workers, 4096, site.http(http))


def verified_upstreams(site: Site, workers: int) -> str:
    """A reverse proxy to 150 upstreams that it verifies; some want a certificate, some gRPC."""
    authorities = cache_dir() / "held-out-1" / "internal-cas.pem"
    if not authorities.exists():
        parts = [
            _certificate(kind, name, _key(kind, name)).read_text()
            for kind in ("rsa", "ec")
            for name in ("issuing", "intermediate", "root")
        ]
        authorities.write_text("".join(parts))
    identity, identity_key = chain("ec", 1, "proxy.internal.example")
    upstreams, locations = [], []
    for number in range(150):
        name = f"{site.word()}_{number}"
        servers = "".join(
            f"            server 10.9.{number}.{each}:8443 max_fails=1 fail_timeout=5s;\n"
            for each in range(1, 2 + number % 4)
        )
        upstreams.append(
            f"""
        upstream {name} {{
            zone {name} 64k;
{servers}
            keepalive {16 + number % 3 * 16};
            keepalive_timeout 60s;
        }}
            """
        )
        shown = (
            f"proxy_ssl_certificate {identity}; proxy_ssl_certificate_key {identity_key};"
            if number % 5 == 0
            else ""
        )
        passed = (
            f"grpc_pass grpcs://{name}; grpc_ssl_verify on; grpc_ssl_name {name}.internal;"
            f" grpc_ssl_trusted_certificate {authorities}; grpc_set_header Host {name}.internal;"
            if number % 10 == 3
            else f"proxy_pass https://{name}; proxy_ssl_name {name}.internal; {shown}"
        )
        locations.append(
            f"""
            location /{name}/ {{
                {passed}
                proxy_read_timeout {30 + number % 60}s;
                proxy_intercept_errors on;
                error_page 502 503 504 /sorry.html;
            }}
            """
        )
    certificate, key = chain("rsa", 3, "intranet.example.com", length=3)
    listed = "\n".join(
        f"""
        server {{
            listen {site.socket()} ssl http2;
            server_name intranet{number}.example.com;
            ssl_certificate {certificate};
            ssl_certificate_key {key};
            location = /sorry.html {{ root {site.prefix}; }}
            {"".join(locations[number::6])}
        }}
        """
        for number in range(6)
    )
    http = f"""
    include /etc/nginx/mime.types;
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 2;
    proxy_ssl_server_name on;
    proxy_ssl_session_reuse on;
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
    proxy_ssl_trusted_certificate {authorities};
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $proxy_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    access_log {site.prefix}/logs/proxy.log;
    {"".join(upstreams)}
    {listed}
    """
    return site.main(workers, 2048, site.http(http))


def redirects(site: Site, workers: int) -> str:
    """A site that moved twice: static files, and what is left of its addresses."""
    exact = "".join(
        f"location = /{site.word()}/{site.word()}.html {{ return 301 /{site.word(3)}/; }}\n"
        for _ in range(3500)
    )
    rewrites = "".join(
        f"rewrite ^/{site.word()}/{site.word(1)}-([0-9]+)\\.php$ /{site.word()}/$1 permanent;\n"
        for _ in range(1200)
    )
    moved = "".join(f"/{site.word()}/{number} /{site.word(3)};\n" for number in range(9000))
    site.file("exact.conf", exact)
    site.file("rewrites.conf", rewrites)
    site.file("moved.map", moved)
    http = f"""
    include /etc/nginx/mime.types;
    sendfile on;
    gzip_static on;
    map_hash_max_size 32768;
    map_hash_bucket_size 128;
    map $uri $moved {{
        include {site.prefix}/moved.map;
    }}
    access_log {site.prefix}/logs/access.log combined;
    server {{
        listen {site.socket()};
        server_name old.example.com *.old.example.com;
        include {site.prefix}/rewrites.conf;
        return 301 https://www.example.com$request_uri;
    }}
    server {{
        listen {site.socket()} default_server;
        server_name www.example.com;
        root /srv/www/site;
        error_page 404 /404.html;
        if ($moved) {{ return 301 $moved; }}
        include {site.prefix}/exact.conf;
        location / {{ try_files $uri $uri/index.html =404; charset utf-8; expires 1h; }}
        location /downloads/ {{ autoindex on; autoindex_exact_size off; limit_rate 2m; }}
        location ~* \\.(css|js|woff2)$ {{ expires max; add_header Cache-Control immutable; }}
    }}
    """
    return site.main(workers, 1024, site.http(http))


Maker = Callable[[Site, int], str]

CONFIGURATIONS: dict[str, Maker] = {
    "140 WordPress sites with snippets": wordpress,
    "API gateway, 48 services": api_gateway,
    "CDN edge, 70 customers": cdn_edge,
    "WebSockets with client certificates": websockets,
    "Mail proxy, 30 domains": mail_proxy,
    "TLS passthrough, 300 clusters": passthrough,
    "Shops behind blocklists": blocklists,
    "Lua gateway, 360 routes": lua_gateway,
    "800 custom domains": custom_domains,
    "150 verified upstreams": verified_upstreams,
    "Site that moved, 13,700 redirects": redirects,
}


def write(
    name: str,
    prefix: Path,
    stack: Stack,
    workers: int,
    among: Mapping[str, Maker] = CONFIGURATIONS,
) -> Path:
    """Write a configuration, and the files that it includes, and return its main file."""
    site = Site(prefix, stack)
    path = prefix / "nginx.conf"
    path.write_text(among[name](site, workers))
    return path
