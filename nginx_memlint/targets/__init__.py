"""The server that a configuration is for: its versions, and the costs measured there."""
