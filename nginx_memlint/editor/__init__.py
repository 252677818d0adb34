"""The language server: what a configuration costs, in an editor, while it is typed."""
