"""One file's bytes to directives with exact places: our lexer feeds crossplane's parser."""
