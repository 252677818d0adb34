"""Blocks that build an OpenSSL context, and the CA bundles that they load, by version."""
