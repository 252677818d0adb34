"""All files to one tree of blocks, includes expanded as nginx does."""
