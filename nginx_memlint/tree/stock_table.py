"""Files that nginx, its packages and certbot ship, and that few repositories have.

Each is in the words of the package, without its comments, so that it parses and weighs as there:
Debian 12's nginx 1.22.1 (whose mime.types and params are those of nginx 1.9 to 1.29, but for a few
lines), and certbot's ``options-ssl-nginx.conf`` (certbot_nginx/_internal/tls_configs of 2.x).
"""

from __future__ import annotations

_TYPES = """
    text/html html htm shtml; text/css css; text/xml xml; image/gif gif; image/jpeg jpeg jpg;
    application/javascript js; application/atom+xml atom; application/rss+xml rss; text/mathml
    mml; text/plain txt; text/vnd.sun.j2me.app-descriptor jad; text/vnd.wap.wml wml;
    text/x-component htc; image/avif avif; image/png png; image/svg+xml svg svgz; image/tiff
    tif tiff; image/vnd.wap.wbmp wbmp; image/webp webp; image/x-icon ico; image/x-jng jng;
    image/x-ms-bmp bmp; font/woff woff; font/woff2 woff2; application/java-archive jar war
    ear; application/json json; application/mac-binhex40 hqx; application/msword doc;
    application/pdf pdf; application/postscript ps eps ai; application/rtf rtf;
    application/vnd.apple.mpegurl m3u8; application/vnd.google-earth.kml+xml kml;
    application/vnd.google-earth.kmz kmz; application/vnd.ms-excel xls;
    application/vnd.ms-fontobject eot; application/vnd.ms-powerpoint ppt;
    application/vnd.oasis.opendocument.graphics odg;
    application/vnd.oasis.opendocument.presentation odp;
    application/vnd.oasis.opendocument.spreadsheet ods;
    application/vnd.oasis.opendocument.text odt;
    application/vnd.openxmlformats-officedocument.presentationml.presentation pptx;
    application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx;
    application/vnd.openxmlformats-officedocument.wordprocessingml.document docx;
    application/vnd.wap.wmlc wmlc; application/wasm wasm; application/x-7z-compressed 7z;
    application/x-cocoa cco; application/x-java-archive-diff jardiff;
    application/x-java-jnlp-file jnlp; application/x-makeself run; application/x-perl pl pm;
    application/x-pilot prc pdb; application/x-rar-compressed rar;
    application/x-redhat-package-manager rpm; application/x-sea sea;
    application/x-shockwave-flash swf; application/x-stuffit sit; application/x-tcl tcl tk;
    application/x-x509-ca-cert der pem crt; application/x-xpinstall xpi; application/xhtml+xml
    xhtml; application/xspf+xml xspf; application/zip zip; application/octet-stream bin exe
    dll; application/octet-stream deb; application/octet-stream dmg; application/octet-stream
    iso img; application/octet-stream msi msp msm; audio/midi mid midi kar; audio/mpeg mp3;
    audio/ogg ogg; audio/x-m4a m4a; audio/x-realaudio ra; video/3gpp 3gpp 3gp; video/mp2t ts;
    video/mp4 mp4; video/mpeg mpeg mpg; video/quicktime mov; video/webm webm; video/x-flv flv;
    video/x-m4v m4v; video/x-mng mng; video/x-ms-asf asx asf; video/x-ms-wmv wmv;
    video/x-msvideo avi;
"""
"""Type and extensions, as in ``types``."""

_FASTCGI = """
    QUERY_STRING $query_string; REQUEST_METHOD $request_method; CONTENT_TYPE $content_type;
    CONTENT_LENGTH $content_length; SCRIPT_NAME $fastcgi_script_name; REQUEST_URI
    $request_uri; DOCUMENT_URI $document_uri; DOCUMENT_ROOT $document_root; SERVER_PROTOCOL
    $server_protocol; REQUEST_SCHEME $scheme; HTTPS $https if_not_empty; GATEWAY_INTERFACE
    CGI/1.1; SERVER_SOFTWARE nginx/$nginx_version; REMOTE_ADDR $remote_addr; REMOTE_PORT
    $remote_port; REMOTE_USER $remote_user; SERVER_ADDR $server_addr; SERVER_PORT
    $server_port; SERVER_NAME $server_name; REDIRECT_STATUS 200;
"""

_UWSGI = """
    QUERY_STRING $query_string; REQUEST_METHOD $request_method; CONTENT_TYPE $content_type;
    CONTENT_LENGTH $content_length; REQUEST_URI $request_uri; PATH_INFO $document_uri;
    DOCUMENT_ROOT $document_root; SERVER_PROTOCOL $server_protocol; REQUEST_SCHEME $scheme;
    HTTPS $https if_not_empty; REMOTE_ADDR $remote_addr; REMOTE_PORT $remote_port; SERVER_PORT
    $server_port; SERVER_NAME $server_name;
"""

_SCGI = """
    REQUEST_METHOD $request_method; REQUEST_URI $request_uri; QUERY_STRING $query_string;
    CONTENT_TYPE $content_type; DOCUMENT_URI $document_uri; DOCUMENT_ROOT $document_root; SCGI
    1; SERVER_PROTOCOL $server_protocol; REQUEST_SCHEME $scheme; HTTPS $https if_not_empty;
    REMOTE_ADDR $remote_addr; REMOTE_PORT $remote_port; SERVER_PORT $server_port; SERVER_NAME
    $server_name;
"""

_HOST = "HTTP_HOST $host;"
"""A row that Debian adds since 2026."""


def _params(directive: str, rows: str) -> str:
    """A directive for each of some rows."""
    return "".join(f"{directive} {row.strip()};\n" for row in rows.split(";")[:-1])


STOCK_FILES = {
    "mime.types": f"types {{{_TYPES}}}\n",
    "fastcgi_params": _params("fastcgi_param", _FASTCGI + _HOST),
    "fastcgi.conf": _params(
        "fastcgi_param", "SCRIPT_FILENAME $document_root$fastcgi_script_name;" + _FASTCGI
    ),
    "uwsgi_params": _params("uwsgi_param", _UWSGI + _HOST),
    "scgi_params": _params("scgi_param", _SCGI + _HOST),
    "proxy_params": _params(
        "proxy_set_header",
        "Host $host; X-Real-IP $remote_addr; X-Forwarded-For $proxy_add_x_forwarded_for; "
        "X-Forwarded-Proto $scheme;",
    ),
    "snippets/fastcgi-php.conf": r"""
fastcgi_split_path_info ^(.+?\.php)(/.*)$;
try_files $fastcgi_script_name =404;
set $path_info $fastcgi_path_info;
fastcgi_param PATH_INFO $path_info;
fastcgi_index index.php;
include fastcgi.conf;
""",
    "snippets/snakeoil.conf": """
ssl_certificate /etc/ssl/certs/ssl-cert-snakeoil.pem;
ssl_certificate_key /etc/ssl/private/ssl-cert-snakeoil.key;
""",
    "options-ssl-nginx.conf": """
ssl_session_cache shared:le_nginx_SSL:10m;
ssl_session_timeout 1440m;
ssl_session_tickets off;
ssl_protocols TLSv1.2 TLSv1.3;
ssl_prefer_server_ciphers off;
ssl_ciphers "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:\
ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384";
""",
}
"""The end of a path → what is shipped under it."""
