#!/bin/sh
# Builds nginx 1.22.1 with Lua 0.10.25 on musl, for tests.nginx.recorded_lua lua-0.10.25-musl.
#
#   tests/nginx/build_musl.sh DIRECTORY CLONES OPENSSL PCRE
#
# CLONES holds git directories: nginx, luajit2, lua-nginx-module, stream-lua-nginx-module,
# lua-resty-core and lua-resty-lrucache. OPENSSL and PCRE are Debian's openssl_3.0.22.orig.tar.gz and
# pcre3_8.39.orig.tar.bz2. Needs musl-tools. DIRECTORY is lua/lua-0.10.25-musl in the cache of the
# tests; nginx finds OpenSSL by LD_LIBRARY_PATH.
set -eu
to=$(realpath "$1") clones=$(realpath "$2") openssl=$(realpath "$3") pcre=$(realpath "$4")
export_tag() { mkdir -p "$to/$3" && git -C "$clones/$1" archive "$2" | tar -x -C "$to/$3"; }

# the kernel's headers, and what musl lacks here: crypt(), and the function of glibc by which
# Debian's libgcc finds the tables of frames, which LuaJIT's errors need
mkdir -p "$to/headers"
ln -sfn /usr/include/linux "$to/headers/linux"
ln -sfn "/usr/include/$(uname -m)-linux-gnu/asm" "$to/headers/asm"
ln -sfn /usr/include/asm-generic "$to/headers/asm-generic"
cat > "$to/headers/crypt.h" <<'END'
struct crypt_data { int initialized; char buffer[260]; };
char *crypt(const char *key, const char *salt);
char *crypt_r(const char *key, const char *salt, struct crypt_data *data);
END
cat > "$to/lacking.c" <<'END'
#define _GNU_SOURCE
#include <link.h>

char *crypt(const char *key, const char *salt) { (void) key; (void) salt; return 0; }
char *crypt_r(const char *key, const char *salt, void *data)
{ (void) key; (void) salt; (void) data; return 0; }

struct found { unsigned long long flags; void *start, *end, *map, *frames; };
struct asked { char *address; struct found *found; };

static int look(struct dl_phdr_info *info, size_t size, void *data)
{
    struct asked *asked = data;
    char *base = (char *) info->dlpi_addr, *start = 0, *end = 0, *frames = 0;

    (void) size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        char *at = base + header->p_vaddr;
        if (header->p_type == PT_GNU_EH_FRAME) {
            frames = at;
        } else if (header->p_type == PT_LOAD && asked->address >= at
                   && asked->address < at + header->p_memsz) {
            start = at;
            end = at + header->p_memsz;
        }
    }
    if (start == 0 || frames == 0) {
        return 0;
    }
    *asked->found = (struct found) { 0, start, end, 0, frames };
    return 1;
}

int _dl_find_object(void *address, struct found *found)
{
    struct asked asked = { address, found };
    return dl_iterate_phdr(look, &asked) ? 0 : -1;
}
END
musl-gcc -c "$to/lacking.c" -o "$to/lacking.o"
ar rcs "$to/liblacking.a" "$to/lacking.o"

if [ ! -e "$to/ssl/lib/libssl.so" ]; then
    mkdir -p "$to/ssl-source" "$to/ssl/lib"
    tar -xf "$openssl" -C "$to/ssl-source" --strip-components=1
    (
        cd "$to/ssl-source"
        CC="musl-gcc -idirafter $to/headers" ./Configure linux-x86_64 shared no-tests no-async \
            no-engine no-dso --prefix="$to/ssl" --libdir=lib -O1
        make -s build_generated libcrypto.so libssl.so libcrypto.a libssl.a
        cp -P libssl* libcrypto* "$to/ssl/lib/"
        cp -r include "$to/ssl/"
    )
fi
if [ ! -e "$to/luajit/lib/libluajit-5.1.a" ]; then
    export_tag luajit2 v2.1-20231117 luajit-source
    make -s -C "$to/luajit-source" install CC=musl-gcc BUILDMODE=static PREFIX="$to/luajit" \
        TARGET_LIBS="$to/liblacking.a -lgcc_eh $to/liblacking.a"
fi
export_tag nginx release-1.22.1 source
export_tag lua-nginx-module v0.10.25 ngx_lua-0.10.25
export_tag stream-lua-nginx-module v0.0.13 ngx_stream_lua-0.0.13
export_tag lua-resty-core v0.1.27 core
export_tag lua-resty-lrucache v0.13 lrucache
mkdir -p "$to/lualib" "$to/pcre"
cp -r "$to/core/lib/." "$to/lrucache/lib/." "$to/lualib/"
tar -xf "$pcre" -C "$to/pcre" --strip-components=1
cd "$to/source"
LUAJIT_LIB="$to/luajit/lib" LUAJIT_INC="$to/luajit/include/luajit-2.1" auto/configure \
    --with-cc=musl-gcc --prefix=/usr/local/openresty/nginx \
    --with-cc-opt="-O1 -w -idirafter ../headers -I../ssl/include" \
    --with-ld-opt="-L../ssl/lib -Wl,--eh-frame-hdr ../lacking.o" \
    --with-pcre=../pcre --with-pcre-opt="-O1 -w" --without-http_gzip_module \
    --with-http_ssl_module --with-http_v2_module --with-stream --with-stream_ssl_module \
    --with-threads --add-module=../ngx_lua-0.10.25 --add-module=../ngx_stream_lua-0.0.13
make -s
cp objs/nginx "$to/nginx"
