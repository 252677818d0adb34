"""Write the vhosts of the CrowdSec-style sample: a dozen sites as hosting companies run them.

python sample_confs/make_crowdsec.py
"""

from __future__ import annotations

from pathlib import Path

SITES = Path(__file__).parent / "crowdsec" / "sites"
NAMES = (
    "shop",
    "blog",
    "forum",
    "wiki",
    "mail",
    "cloud",
    "photos",
    "status",
    "git",
    "docs",
    "intranet",
    "api",
)

SITE = """\
server {{
    listen 127.0.0.1:8080;
    server_name {name}.example.org;
    root /var/www/{name};
    index index.php index.html;

    if ($host = www.{name}.example.org) {{
        return 301 https://{name}.example.org$request_uri;
    }}

    location / {{
        try_files $uri $uri/ /index.php?$args;
    }}

    location ~ \\.php$ {{
        fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        fastcgi_pass unix:/run/php/php-fpm.sock;
        location ~ ^/wp-admin/ {{
            fastcgi_pass unix:/run/php/php-admin.sock;
        }}
    }}

    location ~* \\.(?:css|js|png|jpe?g|svg|woff2)$ {{
        expires 30d;
    }}

    location = /favicon.ico {{
        log_not_found off;
    }}

    location ^~ /.well-known/acme-challenge/ {{
        root /var/www/acme;
    }}

    location ~ /\\. {{
        deny all;
    }}

    location /upload/ {{
        limit_except GET POST {{
            deny all;
        }}
    }}
}}
"""


def texts() -> dict[str, str]:
    """File names and their texts."""
    return {f"{name}.conf": SITE.format(name=name) for name in NAMES}


def main() -> None:
    """Write the files."""
    for name, text in texts().items():
        (SITES / name).write_text(text)


if __name__ == "__main__":
    main()
