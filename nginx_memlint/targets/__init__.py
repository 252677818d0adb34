"""Which server a configuration is for: versions, and costs measured there."""
