"""Tells what an nginx configuration will cost in memory when it is started or reloaded."""

from nginx_memlint.garbage import importing

with importing():
    from nginx_memlint.check import check
    from nginx_memlint.result import ConfigReport, Report

__version__ = "0.1.0"

__all__ = ["ConfigReport", "Report", "__version__", "check"]
