"""The outputs of real binaries for -V, shortened in the middle."""

DEBIAN_12 = """\
nginx version: nginx/1.22.1
built with OpenSSL 3.0.22 25 Aug 2026 (running with OpenSSL 3.0.19 27 Jan 2026)
TLS SNI support enabled
configure arguments: --with-cc-opt='-g -O2 -fstack-protector-strong -Wformat' \
--with-ld-opt='-Wl,-z,relro -Wl,-z,now -fPIC' --prefix=/usr/share/nginx \
--conf-path=/etc/nginx/nginx.conf --modules-path=/usr/lib/nginx/modules --with-compat \
--with-http_ssl_module --with-stream=dynamic
"""

OPENRESTY_CENTOS = """\
nginx version: openresty/1.19.9.1
built by gcc 4.8.5 20150623 (Red Hat 4.8.5-11) (GCC) \n\
built with OpenSSL 1.0.2k-fips  26 Jan 2017
TLS SNI support enabled
configure arguments: --prefix=/usr/local/openresty/nginx \
--with-cc-opt='-O2 -DNGX_LUA_ABORT_AT_PANIC' --add-module=../ngx_devel_kit-0.3.1 \
--add-module=../echo-nginx-module-0.62 --add-module=../ngx_lua-0.10.20 \
--add-module=../ngx_lua_upstream-0.07 --add-module=../ngx_stream_lua-0.0.10 --with-stream
"""

OPENRESTY_RC = """\
nginx version: openresty/1.31.1.1
built with OpenSSL 3.5.6 7 Apr 2026 (running with OpenSSL 3.5.7 9 Jun 2026)
TLS SNI support enabled
configure arguments: --prefix=/usr/local/openresty/nginx --add-module=../ngx_lua-0.10.31rc5 \
--add-module=../ngx_stream_lua-0.0.19rc4
"""

OPENRESTY_OWN_OPENSSL = """\
nginx version: openresty/1.15.8.1
built by gcc 4.8.5 20150623 (Red Hat 4.8.5-36) (GCC) \n\
built with OpenSSL 1.1.0j  20 Nov 2018
TLS SNI support enabled
configure arguments: --prefix=/usr/local/openresty/nginx --with-cc-opt=-O2 \
--add-module=../ngx_lua-0.10.15 --with-openssl=/root/openresty-1.15.8.1/openssl-1.1.0j
"""

UBUNTU_22_04 = """\
nginx version: nginx/1.18.0 (Ubuntu)
built with OpenSSL 3.0.2 15 Mar 2022
TLS SNI support enabled
configure arguments: --with-cc-opt='-g -O2 -flto=auto' --prefix=/usr/share/nginx \
--modules-path=/usr/lib/nginx/modules --with-http_ssl_module \
--add-dynamic-module=/build/nginx-lUTckl/nginx-1.18.0/debian/modules/http-geoip2
"""

WITHOUT_TLS = """\
nginx version: nginx/1.25.3
built by gcc 12.2.0 (Debian 12.2.0-14)
configure arguments:
"""

BORINGSSL = """\
nginx version: nginx/1.25.3
built with OpenSSL 1.1.1 (compatible; BoringSSL) (running with BoringSSL)
TLS SNI support enabled
configure arguments: --with-http_ssl_module --with-cc-opt="-I../boringssl's
"""
