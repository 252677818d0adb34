"""Where the bytes of a configuration come from: disk, sysroot, dump, commit."""
