"""Run real nginx servers and count what their configurations cost."""
