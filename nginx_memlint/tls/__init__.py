"""Which blocks build an OpenSSL context and load a CA bundle, by version."""
