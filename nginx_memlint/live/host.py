"""The machine that memlint runs on as the server: its nginx, its processors."""

from __future__ import annotations

import os

from nginx_memlint.errors import MemlintError
from nginx_memlint.live.binary import describe, find_nginx
from nginx_memlint.live.homes import is_at_home
from nginx_memlint.live.installed import target_of
from nginx_memlint.live.ownership import why_not_roots
from nginx_memlint.printable import printable
from nginx_memlint.sizes import plural
from nginx_memlint.targets.host_facts import HostFacts
from nginx_memlint.targets.targets import Target


def nginx_here() -> Target:
    """The nginx of this machine as a target, which is run: only root can have put it there.

    Raises MemlintError.
    """
    path = find_nginx()
    if reason := why_not_roots(path):
        raise MemlintError(f"{printable(reason)}: name nginx with --nginx-binary to run it")
    return target_of(path)


def target_of_its_own(configuration: str) -> Target | None:
    """The nginx of this machine, if a configuration is that which it reads without ``-c``.

    None if it is another, if it is named by a link to that, such as one in a checkout, or if nginx
    is not root's or does not run.
    """
    if not is_at_home(configuration):
        return None
    path = os.path.abspath(configuration)
    try:
        binary = find_nginx()
        if why_not_roots(binary):
            return None
        server = describe(binary)
        named = server.argument("conf-path") or "conf/nginx.conf"
        prefix = server.prefix
        if os.path.normpath(os.path.join(prefix, named)) != path:
            return None
        target = target_of(binary)
    except MemlintError:
        return None
    said = (
        f"the server is {printable(binary)} on this machine, whose configuration this is: --target "
        f"names another; auto starts {plural(processors(), 'worker')} here"
    )
    return target._replace(assumed=(said, *target.assumed), host=HostFacts(processors=processors()))


def processors() -> int:
    """The worker processes that ``worker_processes auto`` starts here.

    ``ngx_ncpu`` is sysconf(_SC_NPROCESSORS_ONLN): neither an affinity nor a control group's quota
    lowers it (ngx_os_init(), src/os/unix/ngx_posix_init.c).
    """
    return os.sysconf("SC_NPROCESSORS_ONLN")
