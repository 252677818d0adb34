"""The project where its users meet it: hooks and pipelines, run by the real programs."""
