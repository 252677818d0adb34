"""nginx stacks: the server installed on this machine, or one in a Debian root."""

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.nginx.build_stacks import SUITES, root_of
from tests.nginx.server import Server
from tests.nginx.shim import Counts
from tests.nginx.spawn import Child

NGINX = "/usr/sbin/nginx"
MODULES_DIR = "/usr/lib/nginx/modules"
LOAD_ORDER = (
    "ndk_http_module",
    "ngx_http_lua_module",
    "ngx_stream_module",
    "ngx_http_js_module",
    "ngx_stream_js_module",
    "ngx_stream_lua_module",
)
"""The modules that matter here; each comes after those it needs."""

NEEDS = {
    "ngx_http_lua_module": "ndk_http_module",
    "ngx_stream_js_module": "ngx_stream_module",
    "ngx_stream_lua_module": "ngx_stream_module",
}


@dataclass(frozen=True)
class TestRun:
    """The outcome of one `nginx -t`."""

    __test__ = False  # not a test case, whatever pytest thinks of the name

    accepted: bool
    messages: str
    """nginx's stdout and stderr."""
    counts: Counts
    """All zero if nginx was killed."""
    max_rss_kb: int
    """Peak RSS since exec."""
    seconds: float
    cpu_seconds: float
    """User and system time."""
    code: int
    """Exit status; negative for a signal."""
    timed_out: bool


class Stack:
    """One nginx with its modules and libraries."""

    def __init__(
        self,
        name: str,
        root: Path | None = None,
        nginx: str = NGINX,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Name the nginx of this machine, or that of the Debian root `root`.

        `environment` is what a server is started with beside the shim's.
        """
        self.name = name
        self.root = root
        self.nginx = nginx
        self.environment = dict(environment or {})
        self.libc = "glibc"
        """The libc that the server is linked with."""

    def __repr__(self) -> str:
        """Show the name; pytest prints it."""
        return f"Stack({self.name!r}, {self.root!r})"

    def host_path(self, path: str | Path) -> Path:
        """Return where a path of the stack is on this machine."""
        return Path(path) if self.root is None else self.root / str(path).lstrip("/")

    @cached_property
    def modules(self) -> frozenset[str]:
        """The dynamic modules installed, by the name of their file."""
        paths = self.host_path(MODULES_DIR).glob("*.so")
        return frozenset(path.stem for path in paths)

    def load_lines(self, *names: str) -> str:
        """Return `load_module` lines for the modules named and what they need.

        Without names: for all those of `LOAD_ORDER` that the stack has.
        """
        wanted = set(names) if names else self.modules.intersection(LOAD_ORDER)
        wanted |= {NEEDS[name] for name in wanted if name in NEEDS}
        missing = wanted - self.modules
        if missing:
            raise LookupError(f"{self.name} has no {', '.join(sorted(missing))}")
        ordered = [name for name in LOAD_ORDER if name in wanted]
        ordered += sorted(wanted.difference(LOAD_ORDER))
        return "".join(f"load_module {MODULES_DIR}/{name}.so;\n" for name in ordered)

    def versions(self) -> dict[str, str]:
        """Return the versions that the costs depend on (no entry for what is not installed)."""
        return dict(self._versions)

    @cached_property
    def _versions(self) -> dict[str, str]:
        packages = self._packages()
        by_name = {"nginx": _first(r"nginx version: \S+?/(\S+)", self._output([NGINX, "-v"]))}
        if "ngx_http_lua_module" in self.modules:
            by_name["lua"] = self._lua_version()
        for name, pattern in (
            ("openssl", r"libssl[\d.]+(t64)?"),
            ("glibc", r"libc6"),
            ("njs", r"libnginx-mod-http-js"),
            ("stream-lua", r"libnginx-mod-stream-lua"),
        ):
            for package, version in packages.items():
                if re.fullmatch(pattern, package):
                    by_name[name] = re.sub(r"^\d+:", "", version)
        return by_name

    def _packages(self) -> dict[str, str]:
        """Return the versions of the Debian packages installed in the stack."""
        database = self.host_path("/var/lib/dpkg")
        text = subprocess.run(
            ["dpkg-query", f"--admindir={database}", "-W", "-f", "${Package} ${Version}\n"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        return {line.split()[0]: line.split()[1] for line in text.splitlines() if " " in line}

    def package_version(self, package: str) -> str:
        """Return the version of a Debian package installed in the stack."""
        return self._packages()[package]

    def _lua_version(self) -> str:
        """Ask the module itself: Debian 11 packaged it under nginx's version."""
        script = (
            "init_by_lua_block { io.stderr:write('lua=', ngx.config.ngx_lua_version, '\\n') "
            "io.stderr:flush() os.exit(1) }"
        )
        modules = self.load_lines("ngx_http_lua_module")
        with tempfile.TemporaryDirectory(dir=self.host_path("/tmp")) as directory:
            inside = f"/tmp/{Path(directory).name}"
            conf = Path(directory) / "nginx.conf"
            conf.write_text(
                f"{modules}daemon off; pid {inside}/nginx.pid; error_log stderr;\n"
                f"events {{}}\nhttp {{ {script} }}\n"
            )
            output = self._output([NGINX, "-p", inside, "-c", f"{inside}/nginx.conf"])
        number = int(_first(r"lua=(\d+)", output))
        return f"{number // 1_000_000}.{number // 1000 % 1000}.{number % 1000}"

    def _output(self, arguments: Sequence[str]) -> str:
        child = Child(arguments, root=self.root)
        try:
            child.wait(20.0)
            return child.output()
        finally:
            child.close()

    def _inside(self, path: Path) -> Path:
        """Return where a file of this machine goes in the root: at the same absolute path.

        So a configuration says the same inside and outside, and nothing has to be translated.
        """
        assert self.root is not None
        target = self.host_path(path.absolute())
        if not target.parent.resolve().is_relative_to(self.root.resolve()):
            raise ValueError(f"{target} leads out of {self.root} by a link")
        return target

    def _share(self, path: Path) -> None:
        """Copy a file into the root and leave it there: other tests may be reading it too."""
        target = self._inside(path)
        wanted = path.stat()
        if target.exists():
            present = target.stat()
            if (present.st_size, present.st_mtime_ns) == (wanted.st_size, wanted.st_mtime_ns):
                return
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f"{target.name}.{os.getpid()}.partial")
        shutil.copy2(path, partial)
        partial.replace(target)

    @contextmanager
    def _placed(self, prefix: Path, others: Sequence[Path]) -> Iterator[None]:
        """Have a copy of `prefix` in the root for a while, and one of each other file for good."""
        if self.root is None:
            yield
            return
        target = self._inside(prefix)
        for path in others:
            if not path.absolute().is_relative_to(prefix.absolute()):
                self._share(path)
        try:
            # fails if it is there: it must be a directory of the caller's own
            shutil.copytree(prefix, target, symlinks=True)
        except FileExistsError:
            raise
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        try:
            yield
        finally:
            shutil.rmtree(target, ignore_errors=True)

    def test(
        self, conf: Path, *, prefix: Path, timeout: float = 60.0, files: Sequence[Path] = ()
    ) -> TestRun:
        """Run `nginx -t -p PREFIX -c CONF`.

        `files` names what the configuration reads outside of `prefix`: a stack in a root gets
        copies of `prefix`, `conf` and them, at the same paths; the native one reads them in place.
        """
        arguments = [self.nginx, "-t", "-p", str(prefix.absolute()), "-c", str(conf.absolute())]
        with self._placed(prefix, [conf, *files]):
            child = Child(arguments, root=self.root, environment=self.environment, libc=self.libc)
            try:
                ended = child.wait(timeout)
                timed_out = ended is None
                if ended is None:
                    ended = child.kill()
                reports = [report for report in child.reports() if report.pid == child.pid]
                messages = child.output()
            finally:
                child.close()
        report = reports[0] if reports else None
        peak = report.hwm_kb if report is not None and report.hwm_kb > 0 else ended.usage.ru_maxrss
        return TestRun(
            accepted=ended.code == 0 and not timed_out,
            messages=messages,
            counts=report.counts if report is not None else Counts(),
            max_rss_kb=peak,
            seconds=ended.seconds,
            cpu_seconds=ended.usage.ru_utime + ended.usage.ru_stime,
            code=ended.code,
            timed_out=timed_out,
        )

    @contextmanager
    def run(
        self,
        conf: Path,
        prefix: Path,
        *,
        timeout: float = 60.0,
        files: Sequence[Path] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Iterator[Server]:
        """Start the server and stop it at the end, whatever happens.

        The configuration must have its pid file and unix sockets under `prefix` (see
        `prefix.main_conf`) and must not say `daemon on`.
        """
        text = conf.read_text("utf-8", "surrogateescape")
        arguments = [self.nginx, "-p", str(prefix.absolute()), "-c", str(conf.absolute())]
        daemon = re.search(r"^\s*daemon\s+(\w+)\s*;", text, re.MULTILINE)
        if daemon is None:
            arguments += ["-g", "daemon off;"]
        elif daemon[1] != "off":
            raise ValueError("the harness cannot follow a server that becomes a daemon")
        with self._placed(prefix, [conf, *files]):
            variables = {**self.environment, **(environment or {})}
            server = Server(
                arguments,
                root=self.root,
                conf_text=text,
                environment=variables,
                libc=self.libc,
            )
            try:
                server.wait_started(timeout)
                yield server
            finally:
                server.close()


def _first(pattern: str, text: str) -> str:
    """Return the first group of the first match."""
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"no {pattern!r} in {text!r}")
    return match[1]


def native() -> Stack:
    """Return the stack installed on this machine, named after its Debian release."""
    return Stack(platform.freedesktop_os_release().get("VERSION_CODENAME", "native"))


def available() -> list[Stack]:
    """Return the stacks that are there: the native one if installed, and the roots built."""
    stacks = [native()] if Path(NGINX).exists() else []
    stacks += [Stack(name, root_of(name)) for name in SUITES if root_of(name).is_dir()]
    return stacks
