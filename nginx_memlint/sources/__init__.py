"""Sources of a configuration's bytes: disk, sysroot, dump, commit."""
