"""Texts that look like templates, which nginx accepts, and templates, which it rejects."""

from __future__ import annotations

from pathlib import Path

import pytest

from nginx_memlint import check
from tests.nginx.prefix import main_conf, make_prefix, write_conf
from tests.nginx.stack import Stack

ACCEPTED = {
    "variables": "server { location / { set $x ${uri}a${host}; return 200 ${x}; } }",
    "a host": "server { location / { proxy_pass http://${host}; } }",
    "capitals": "map $uri $CA { default 1; } server { location / { return 200 $CA${CA}; } }",
    "a log format": "log_format j '{{\"a\": \"$uri\"}}'; log_format k escape=json '{%{<%> if}}';",
    "quotes": "server { server_name '{{ name }}' \"<%= name %>\"; }",
    "a file's name": "server { root '/{{ x }}'; location / { alias '/<% x %>/'; } }",
    "an answer": "server { location / { return 200 '{% x %}{{ y }} <% z %>'; } }",
    "Lua's tables": "server { location / { content_by_lua_block { t = {{1}, {2}}\n> if } } }",
    "Lua in a string": "init_by_lua 'a = {{1}} -- {% x %} <% y %>';",
    "a comment": "# {{ x }} {% y %}\n# > if z then\n# ${A}\nserver { }",
    "a comment at a brace": "server {# {{ x }}\n}",
    "keys of a map": "map $uri $b { '{{ x }}' 1; > if; <% 2; ~%} ${uri}; }",
    "a regex": "server { location ~ '^/{2}{{a' { } location ~ ^/<%$ { } }",
    "a pattern": "include ${HOME}/*.conf; server { }",
    "a socket": "server { listen unix:${PREFIX}; }",
    "a header": "server { add_header X <%x%>; add_header Y >; }",
    "an empty http": "",
}
REJECTED = {
    "a size": "client_max_body_size ${SIZE};",
    "a time": "server { keepalive_timeout $TIME; }",
    "a flag": "gzip ${GZIP};",
    "a port": "server { listen ${PORT}; }",
    "a peer": "upstream a { server ${HOST}; }",
    "a zone": "lua_shared_dict a ${SIZE};",
    "a file": "lua_ssl_trusted_certificate ${CA}; server { }",
    "an include": "include ${A}.conf;",
    "Jinja": "server { listen {{ a }}; }",
    "Jinja in a line": "server { server_name {% if a %}b{% endif %}; }",
    "Go": "{{- if .Values.x }}\nserver { }\n{{- end }}",
    "ERB": "<% if @a %>\nserver { }\n<% end %>",
    "ERB's port": "server { listen <%= @a %>; }",
    "Kong": "> if a then\nserver { }\n> end",
    "Kong's value": "client_max_body_size ${{SIZE}};",
    "no name": "// a;",
    "a near miss": "lua_ssl_trusted_certficate /a;",
}


@pytest.mark.parametrize("inside", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(inside: str, bookworm: Stack, tmp_path: Path) -> None:
    make_prefix(tmp_path)
    text = main_conf(tmp_path, inside, modules=bookworm.load_lines("ngx_http_lua_module"))
    conf = write_conf(tmp_path, text)
    run = bookworm.test(conf, prefix=tmp_path)
    assert run.accepted, run.messages
    assert check(conf, target="debian-12").complete


@pytest.mark.parametrize("inside", REJECTED.values(), ids=REJECTED)
def test_rejected(inside: str, bookworm: Stack, tmp_path: Path) -> None:
    make_prefix(tmp_path)
    text = main_conf(tmp_path, inside, modules=bookworm.load_lines("ngx_http_lua_module"))
    conf = write_conf(tmp_path, text)
    assert not bookworm.test(conf, prefix=tmp_path).accepted
    assert not check(conf, target="debian-12").complete
