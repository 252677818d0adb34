"""``python -m nginx_memlint``."""

from nginx_memlint.cli import main

if __name__ == "__main__":
    main()
