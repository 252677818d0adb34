"""The command: words in, exit status out. A command is a module, listed in app.py."""
