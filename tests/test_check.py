"""Counting and estimating, without a server."""

from __future__ import annotations

CA = "lua_ssl_trusted_certificate /nonexistent/ca.pem;"
MIB = 1 << 20
