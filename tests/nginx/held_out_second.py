"""Five more whole configurations that no cost was fitted to, of other kinds than the first eleven.

They were written when the tables had been mended after the first, and before anybody who wrote them
had read the tables: what is said of them tells whether the mending helped others as well.
"""

from __future__ import annotations

import re

from tests.nginx.held_out_configurations import Maker, Site, chain


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)


def ingress(site: Site, workers: int) -> str:
    """An ingress of a cluster with 60 hosts: many paths, canaries, gRPC, sign-in by request."""
    upstreams: list[str] = []
    servers: list[str] = []
    canaries: list[str] = []
    for number in range(60):
        host = f"{site.word()}.apps.example.cloud"
        certificate, key = chain("ec" if number % 4 else "rsa", number, host, f"*.{host}")
        locations = []
        for part in range(site.number(3, 12)):
            service = f"ns{number % 9}-{_identifier(host)}-{part}"
            pods = "".join(
                f"            server 10.{number}.{part}.{pod}:8080 max_fails=1 fail_timeout=10s;\n"
                for pod in range(1, site.number(2, 6))
            )
            upstreams.append(
                f"        upstream {service} {{\n            zone {service} 256k;\n"
                f"            random two least_conn;\n{pods}        }}\n"
            )
            scheme = "grpc" if part % 5 == 4 else "http"
            directive = "grpc" if scheme == "grpc" else "proxy"
            target = service
            if part == 2:
                canaries.append(
                    f"        split_clients $request_id $canary_{number} "
                    f"{{ 5% {service}; * ns{number % 9}-{_identifier(host)}-0; }}\n"
                )
                target = f"$canary_{number}"
            more = "grpc_pass grpc" if scheme == "grpc" else "proxy_pass http"
            http_only = """
                    proxy_http_version 1.1;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $connection_upgrade;
                    proxy_buffering off;
                    proxy_max_temp_file_size 1024m;
            """
            locations.append(
                f"""
                location /{site.word()}{"/" if part else ""} {{
                    set $service "{service}";
                    set $resource_name "{host}";
                    auth_request /_external-auth-{number};
                    error_page 401 = @login{number};
                    {directive}_connect_timeout 60s;
                    {directive}_read_timeout 60s;
                    {directive}_send_timeout 60s;
                    {directive}_next_upstream error timeout http_502;
                    {directive}_set_header Host $host;
                    {directive}_set_header X-Real-IP $remote_addr;
                    {directive}_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                    {directive}_set_header X-Forwarded-Host $host;
                    {directive}_set_header X-Forwarded-Port $server_port;
                    {directive}_set_header X-Forwarded-Proto $scheme;
                    {http_only if scheme == "http" else ""}
                    client_max_body_size {site.number(1, 64)}m;
                    {more}://{target};
                }}
                """
            )
        servers.append(
            f"""
            server {{
                listen {site.socket()};
                listen {site.socket(1)} ssl http2;
                server_name {host};
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                set $ingress "{host}";
                if ($scheme = http) {{ return 308 https://$host$request_uri; }}
                location = /_external-auth-{number} {{
                    internal;
                    proxy_pass_request_body off;
                    proxy_set_header Content-Length "";
                    proxy_set_header X-Original-URI $request_uri;
                    proxy_pass http://ns{number % 9}-{_identifier(host)}-0/oauth2/auth;
                }}
                location @login{number} {{ return 302 https://$host/oauth2/start?rd=$request_uri; }}
                {"".join(locations)}
            }}
            """
        )
    http = f"""
    include /etc/nginx/mime.types;
    log_format upstreaminfo '$remote_addr - $remote_user [$time_local] "$request" $status '
        '$body_bytes_sent "$http_referer" "$http_user_agent" $request_length $request_time '
        '[$service] $upstream_addr $upstream_response_length $upstream_response_time $request_id';
    access_log {site.prefix}/logs/access.log upstreaminfo;
    map $http_upgrade $connection_upgrade {{ default upgrade; "" ""; }}
    server_names_hash_max_size 1024;
    server_names_hash_bucket_size 256;
    variables_hash_max_size 2048;
    variables_hash_bucket_size 256;
    proxy_headers_hash_max_size 1024;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:SSL:10m;
    ssl_session_tickets off;
    http2_max_concurrent_streams 128;
    keepalive_requests 10000;
{"".join(upstreams)}{"".join(canaries)}
    server {{
        listen {site.socket()} default_server;
        location / {{ return 404; }}
        location = /nginx-health {{ access_log off; return 200 "healthy\\n"; }}
    }}
    {"".join(servers)}
    """
    return site.main(workers, 16384, site.http(http))


def home_lab(site: Site, workers: int) -> str:
    """A proxy that a web interface writes, for 35 hosts: each includes the same files."""
    attacks = {
        "sql": ["union.*select.*\\(", "union.*all.*select.*", "concat.*\\(", "drop.*table"],
        "file": [
            "[a-zA-Z0-9_]=http://",
            "[a-zA-Z0-9_]=(\\.\\.//?)+",
            "[a-zA-Z0-9_]=/([a-z0-9_.]//?)+",
        ],
        "common": [
            "(<|%3C).*script.*(>|%3E)",
            "GLOBALS(=|\\[|\\%[0-9A-Z]{0,2})",
            "_REQUEST(=|\\[|\\%[0-9A-Z]{0,2})",
            "proc/self/environ",
            "base64_(en|de)code\\(.*\\)",
        ],
        "spam": [f"\\b({'|'.join(site.word(2) for _ in range(8))})\\b" for _ in range(6)],
    }
    lines = []
    for kind, expressions in attacks.items():
        lines.append(f"set $block_{kind} 0;")
        for expression in expressions:
            lines.append(f'if ($query_string ~ "{expression}") {{ set $block_{kind} 1; }}')
        lines.append(f"if ($block_{kind} = 1) {{ return 403; }}")
    agents = "Indy Library;libwww-perl;GetRight;GetWeb!;Go!Zilla;Download Demon;Go-Ahead-Got-It"
    lines.append("set $block_agents 0;")
    for agent in (*agents.split(";"), "TurnitinBot", "GrabNet", "dirbuster", "nikto", "SF"):
        lines.append(f'if ($http_user_agent ~ "{agent}") {{ set $block_agents 1; }}')
    lines.append("if ($block_agents = 1) { return 403; }")
    site.file("conf.d/block-exploits.conf", "\n".join(lines))
    site.file(
        "conf.d/assets.conf",
        """
        location ~* ^.*\\.(css|js|jpe?g|gif|png|webp|woff|woff2|eot|ttf|svg|ico|css\\.map)$ {
            if_modified_since off;
            proxy_cache public-cache;
            proxy_cache_key $host$request_uri;
            proxy_ignore_headers Set-Cookie Cache-Control Expires X-Accel-Expires;
            proxy_cache_valid any 30m;
            proxy_cache_valid 404 1m;
            proxy_no_cache $http_pragma $http_authorization;
            proxy_cache_bypass $http_pragma $http_authorization;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-Scheme $scheme;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_pass $forward_scheme://$server:$port$request_uri;
            access_log off;
        }
        """,
    )
    site.file(
        "conf.d/proxy.conf",
        """
        add_header X-Served-By $host;
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-Scheme $scheme;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_pass $forward_scheme://$server:$port$request_uri;
        """,
    )
    site.file(
        "conf.d/acme.conf",
        "location ^~ /.well-known/acme-challenge/ { auth_basic off; auth_request off; allow all; "
        'default_type "text/plain"; root /data/letsencrypt; }\n'
        "location = /.well-known/acme-challenge/ { return 404; }\n",
    )
    site.file(
        "conf.d/ssl.conf",
        "ssl_session_timeout 5m;\nssl_session_cache shared:SSL:50m;\n"
        "ssl_protocols TLSv1.2 TLSv1.3;\n"
        "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
        "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:DHE-RSA-AES128-GCM-SHA256;\n",
    )
    for number in range(35):
        host = f"{site.word()}.home.example.net"
        certificate, key = chain("ec", number, host, length=3)
        denied = "".join(f"                allow 192.168.{each}.0/24;\n" for each in range(4))
        site.file(
            f"proxy_host/{number + 1}.conf",
            f"""
            map $scheme $hsts_{number} {{ https "max-age=63072000; preload"; }}
            server {{
                set $forward_scheme {"https" if number % 5 == 0 else "http"};
                set $server "192.168.1.{number + 10}";
                set $port {site.number(1024, 9999)};
                listen {site.socket()};
                listen {site.socket(1)} ssl http2;
                server_name {host};
                include {site.prefix}/conf.d/ssl.conf;
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                include {site.prefix}/conf.d/assets.conf;
                include {site.prefix}/conf.d/block-exploits.conf;
                include {site.prefix}/conf.d/acme.conf;
                set $trust_forwarded_proto "F";
                if ($scheme = "http") {{ set $test H; }}
                if ($request_uri = /.well-known/acme-challenge/test-challenge) {{ set $test T; }}
                if ($test = H) {{ return 301 https://$host$request_uri; }}
                add_header Strict-Transport-Security $hsts_{number} always;
                access_log {site.prefix}/logs/proxy-host-{number}_access.log proxy;
                error_log {site.prefix}/logs/proxy-host-{number}_error.log warn;
                location /api {{
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $http_connection;
                    proxy_http_version 1.1;
                    include {site.prefix}/conf.d/proxy.conf;
                }}
                location / {{
                    auth_basic "Authorization required";
                    auth_basic_user_file /data/access/{number % 4};
                    proxy_set_header Authorization "";
{denied}                deny all;
                    satisfy any;
                    add_header Strict-Transport-Security $hsts_{number} always;
                    proxy_set_header Upgrade $http_upgrade;
                    proxy_set_header Connection $http_connection;
                    proxy_http_version 1.1;
                    include {site.prefix}/conf.d/proxy.conf;
                }}
            }}
            """,
        )
    http = f"""
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    sendfile on;
    client_body_timeout 10m;
    keepalive_timeout 90s;
    gzip on;
    gzip_types text/plain text/css text/xml application/json application/javascript;
    server_names_hash_bucket_size 1024;
    proxy_headers_hash_max_size 1024;
    client_max_body_size 2000m;
    proxy_cache off;
    proxy_cache_path {site.prefix}/public levels=1:2 keys_zone=public-cache:30m max_size=192m;
    proxy_cache_path {site.prefix}/private levels=1:2 keys_zone=private-cache:5m max_size=1024m;
    resolver 127.0.0.1 valid=30s;
    log_format proxy '[$time_local] $upstream_cache_status $upstream_status $status - '
        '$request_method $scheme $host "$request_uri" [Client $remote_addr] [Sent-to $server] '
        '"$http_user_agent" "$http_referer"';
    access_log {site.prefix}/logs/fallback_access.log proxy;
    set_real_ip_from 10.0.0.0/8;
    set_real_ip_from 172.16.0.0/12;
    set_real_ip_from 192.168.0.0/16;
    real_ip_header X-Real-IP;
    include {site.prefix}/proxy_host/*.conf;
    """
    return site.main(workers, 1024, site.http(http))


def video(site: Site, workers: int) -> str:
    """Films and live streams of 25 stations: signed links, countries, qualities, njs for tokens."""
    site.file(
        "token.js",
        "import hmac from 'crypto';\n"
        + "".join(
            f"function {site.word()}{number}(r) {{ "
            f"return hmac.createHmac('sha256', '{site.word()}').update(r.uri + {number})"
            ".digest('base64url'); }\n"
            for number in range(30)
        )
        + "function sign(r) { return hmac.createHash('md5').update(r.uri).digest('hex'); }\n"
        + "export default { sign };\n",
    )
    countries = ("DE", "FR", "PL", "US", "BR", "IN", "JP", "AU")
    blocks = "".join(
        f"{site.number(1, 223)}.{site.number(0, 255)}.{8 * site.number(0, 31)}.0/21 "
        f"{countries[site.number(0, 7)]};\n"
        for _ in range(12_000)
    )
    blocks += "".join(
        f"2a{site.number(0, 255):02x}:{site.number(0, 0xFFFF):x}::/32 "
        f"{countries[site.number(0, 7)]};\n"
        for _ in range(1500)
    )
    site.file("country.geo", blocks)
    qualities = (240, 360, 480, 720, 1080, 2160)
    servers = []
    for number in range(25):
        name = f"{site.word()}-tv.example.tv"
        certificate, key = chain("rsa", number, name, f"live.{name}", f"vod.{name}")
        renditions = "".join(
            f"""
                location ~ ^/hls/(?<film{quality}>[a-z0-9-]+)/{quality}p/.*\\.(?:m3u8|ts)$ {{
                    limit_rate_after 4m;
                    limit_rate {quality * 4}k;
                    add_header Cache-Control "public, max-age={quality}";
                    add_header Access-Control-Allow-Origin $cors;
                    types {{ application/vnd.apple.mpegurl m3u8; video/mp2t ts; }}
                    alias /srv/media/{name}/$film{quality}/{quality};
                }}
            """
            for quality in qualities
        )
        servers.append(
            f"""
            server {{
                listen {site.socket()} ssl http2;
                server_name {name} live.{name} vod.{name};
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                ssl_stapling on;
                ssl_trusted_certificate {site.place.files["issuer"]};
                root /srv/media/{name};
                valid_referers none blocked server_names *.{name} ~\\.partner\\d+\\.example\\.;
                if ($invalid_referer) {{ return 403; }}
                location /film/ {{
                    mp4;
                    mp4_buffer_size 4m;
                    mp4_max_buffer_size 20m;
                    secure_link $arg_st,$arg_e;
                    secure_link_md5 "$secure_link_expires$uri$remote_addr {site.word()}";
                    if ($secure_link = "") {{ return 403; }}
                    if ($allowed_{number % 4} = 0) {{ return 451; }}
                    directio 512;
                    aio threads;
                }}
                location /flv/ {{ flv; limit_conn stations 4; }}
                {renditions}
                location /live/ {{
                    if ($token != $arg_token) {{ return 403; }}
                    proxy_cache live;
                    proxy_cache_valid 200 1s;
                    proxy_cache_lock on;
                    proxy_pass http://encoder{number % 5};
                    proxy_hide_header X-Encoder;
                    add_header Access-Control-Allow-Origin $cors;
                }}
            }}
            """
        )
    encoders = "".join(
        f"    upstream encoder{number} {{ server 10.9.{number}.1:8080; server 10.9.{number}.2:8080 "
        "backup; keepalive 64; }\n"
        for number in range(5)
    )
    allowed = "".join(
        f"    map $country $allowed_{number} {{ default 0; "
        + " ".join(f"{country} 1;" for country in countries[number : number + 4])
        + " }\n"
        for number in range(4)
    )
    http = f"""
    include /etc/nginx/mime.types;
    sendfile on;
    tcp_nopush on;
    open_file_cache max=10000 inactive=5m;
    js_path {site.prefix};
    js_import token from token.js;
    js_set $token token.sign;
    geo $country {{
        default ZZ;
        include {site.prefix}/country.geo;
    }}
{allowed}
    map $http_origin $cors {{ default ""; "~^https://([a-z]+\\.)*example\\.tv$" $http_origin; }}
    limit_conn_zone $binary_remote_addr zone=stations:20m;
    proxy_cache_path {site.prefix}/live keys_zone=live:30m inactive=1m max_size=2g;
    resolver 127.0.0.1;
    server_names_hash_bucket_size 128;
    log_format media '$msec $remote_addr $country $host $request_uri $status $bytes_sent '
                     '$request_time';
    access_log {site.prefix}/logs/media.log media buffer=1m flush=5s;
    ssl_session_cache shared:TV:40m;
{encoders}
    {"".join(servers)}
    """
    return site.main(workers, 10240, site.http(http), "ngx_http_js_module")


def university(site: Site, workers: int) -> str:
    """A university's 90 departments: uwsgi, scgi and CGI, homes, archives, who may see what."""
    campus = "".join(f"allow 10.{number}.0.0/16;\n" for number in range(1, 60))
    site.file("campus.conf", campus + "allow 2001:db8:10::/48;\ndeny all;\n")
    names = ("QUERY_STRING", "REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH", "REQUEST_URI")
    more = ("DOCUMENT_ROOT", "SERVER_PROTOCOL", "REMOTE_ADDR", "REMOTE_PORT", "SERVER_NAME")
    for kind in ("uwsgi", "scgi"):
        lines = [f"{kind}_param {name} ${name.lower()};\n" for name in (*names, *more)]
        lines.append(f"{kind}_param PATH_INFO $document_uri;\n")
        site.file(f"{kind}_params", "".join(lines))
    certificate, key = chain("rsa", 1, "www.example.edu", "*.example.edu", length=3)
    servers = []
    for number in range(90):
        name = f"{site.word()}.example.edu"
        courses = "".join(
            f"""
                location /course/{site.word(3)} {{
                    include {site.prefix}/campus.conf;
                    auth_basic "Course {number}";
                    auth_basic_user_file /srv/{name}/htpasswd;
                    satisfy all;
                    dav_methods PUT DELETE MKCOL COPY MOVE;
                    dav_access user:rw group:r;
                    autoindex on;
                    alias /srv/{name}/course/;
                }}
            """
            for _ in range(site.number(1, 8))
        )
        application = (
            f"include {site.prefix}/uwsgi_params; uwsgi_param UWSGI_SCHEME $scheme; "
            f"uwsgi_read_timeout 120s; uwsgi_pass unix:/run/uwsgi/{name}.sock;",
            f"include {site.prefix}/scgi_params; scgi_buffers 8 8k; "
            f"scgi_pass 127.0.0.1:{4000 + number};",
            "include /etc/nginx/fastcgi_params; fastcgi_param SCRIPT_FILENAME /usr/lib/cgi$uri; "
            "fastcgi_intercept_errors on; fastcgi_pass unix:/run/fcgiwrap.socket;",
        )[number % 3]
        servers.append(
            f"""
            server {{
                listen {site.socket()};
                listen {site.socket(1)} ssl;
                server_name {name} www.{name} ~^(?<group>[a-z]+)\\.{name.replace(".", "[.]")}$;
                root /srv/{name}/html;
                index index.html index.shtml index.php;
                charset {("utf-8", "iso-8859-1")[number % 2]};
                access_log {site.prefix}/logs/{name}.log;
                error_page 403 /errors/403.html;
                error_page 404 /errors/404.html;
                error_page 500 502 503 504 /errors/5xx.html;
                location / {{ ssi on; try_files $uri $uri/ @app; }}
                location @app {{ {application} }}
                location /errors/ {{ internal; root /srv/common; }}
                location ~ ^/~(?<user>[a-z][a-z0-9]+)(?<rest>/.*)?$ {{
                    alias /home/$user/public_html$rest;
                    autoindex on;
                    disable_symlinks if_not_owner;
                }}
                location /static/ {{ alias /srv/{name}/static/; expires 7d; gzip_static on; }}
                {courses}
                rewrite ^/people/([a-z]+)/?$ /staff.shtml?name=$1 last;
                rewrite ^/news/(\\d\\d\\d\\d)/(\\d\\d)$ /archive?year=$1&month=$2 last;
                rewrite ^/{site.word()}$ /{site.word()} permanent;
            }}
            """
        )
    http = f"""
    include /etc/nginx/mime.types;
    server_names_hash_max_size 4096;
    sendfile on;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    ssl_dhparam {site.place.files["dh"]};
    ssl_session_cache shared:EDU:10m;
    gzip on;
    gzip_types text/plain text/css application/xml application/json;
    add_header X-Frame-Options SAMEORIGIN;
    access_log {site.prefix}/logs/access.log combined;
    {"".join(servers)}
    """
    return site.main(workers, 2048, site.http(http))


def telemetry(site: Site, workers: int) -> str:
    """The edge of meters that send over TLS: stream servers for 45 utilities, each with its CA."""
    site.file(
        "meter.js",
        "function id(s) { let v = s.variables.ssl_client_s_dn || ''; "
        "let m = v.match(/CN=([0-9A-F]+)/); return m ? m[1] : 'none'; }\n"
        "export default { id };\n",
    )
    allowed = "".join(f"        {site.number(0, 16**12 - 1):012X} 1;\n" for _ in range(15_000))
    site.file("meters.map", allowed)
    servers = []
    for number in range(45):
        name = f"{site.word()}.meters.example.energy"
        certificate, key = chain("ec", number, name, length=3)
        authority = site.place.files["ca20"] if number % 9 == 0 else site.place.files["issuer"]
        revoked = f"ssl_crl {site.place.files['crl100']};" if number % 3 == 0 else ""
        servers.append(
            f"""
            upstream u{number} {{
                zone u{number} 64k;
                hash $meter consistent;
                server 10.20.{number}.1:1883 weight=2;
                server 10.20.{number}.2:1883;
                server 10.20.{number}.3:1883 max_fails=2;
            }}
            server {{
                listen {site.socket(2 * number)} ssl so_keepalive=30m::10;
                listen {site.socket(2 * number + 1)} proxy_protocol ssl;
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                ssl_client_certificate {authority};
                ssl_verify_client {"on" if number % 5 else "optional"};
                {revoked}
                ssl_protocols TLSv1.2 TLSv1.3;
                ssl_session_cache shared:METERS:30m;
                allow 10.0.0.0/8;
                allow 100.64.0.0/10;
                deny all;
                limit_conn meters 2;
                proxy_connect_timeout 5s;
                proxy_timeout 2h;
                proxy_pass u{number};
                access_log {site.prefix}/logs/{name}.log meters buffer=64k;
            }}
            """
        )
    stream = f"""
stream {{
    js_path {site.prefix};
    js_import meter from meter.js;
    js_set $meter meter.id;
    map_hash_max_size 32768;
    map $meter $known {{
        default 0;
        include {site.prefix}/meters.map;
    }}
    log_format meters '$remote_addr $time_iso8601 $meter $known $status $bytes_received '
                      '$session_time';
    limit_conn_zone $meter zone=meters:20m;
    set_real_ip_from 10.0.0.0/8;
    variables_hash_bucket_size 128;
    {"".join(servers)}
}}
"""
    http = f"""
    access_log off;
    server {{
        listen {site.socket(500)};
        location /status {{ stub_status; }}
        location / {{ return 404; }}
    }}
    """
    top = "worker_rlimit_nofile 300000;\nworker_shutdown_timeout 1h;\n"
    modules = "ngx_stream_module", "ngx_stream_js_module"
    return site.main(workers, 50_000, stream + site.http(http), *modules, top=top)


SECOND: dict[str, Maker] = {
    "Ingress of a cluster, 60 hosts": ingress,
    "Proxy at home, 35 hosts": home_lab,
    "Films of 25 stations": video,
    "University, 90 departments": university,
    "Meters of 45 utilities": telemetry,
}
