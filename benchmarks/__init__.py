"""How fast memlint is beside other programs that read nginx configurations."""
