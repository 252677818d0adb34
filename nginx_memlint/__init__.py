"""Tells what an nginx configuration will cost in memory when it is started or reloaded."""

TYPE_CHECKING = False  # that of typing, which takes longer to import than all that is done here
if TYPE_CHECKING:
    from nginx_memlint.inspection import check
    from nginx_memlint.result import ConfigReport, Report

__version__ = "0.1.0"

__all__ = ["ConfigReport", "Report", "__version__", "check"]

if not TYPE_CHECKING:  # else any name would be one of this module

    def __getattr__(name: str) -> object:
        """What is public, imported when it is asked for: the command is ready for Ctrl-C first."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from nginx_memlint.garbage import importing  # noqa: PLC0415

        with importing():
            from nginx_memlint import inspection, result  # noqa: PLC0415
        globals().update(
            check=inspection.check, ConfigReport=result.ConfigReport, Report=result.Report
        )
        return globals()[name]
