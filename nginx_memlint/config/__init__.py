"""nginx's configuration language: files, tokens, directives, blocks."""
