"""Modules and commands that are loaded when they are used: start-up is what a hook pays."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Late:
    """Stands for a module, which is imported when a name in it is asked for."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(import_module(self._module), name)


class Commands:
    """Stands for a ``typer.Typer``, which is made when it is called; has its decorators."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401
        self._options = options
        self._functions: list[tuple[str, dict[str, Any], Callable[..., Any]]] = []

    def command(self, **options: Any) -> Callable[[_Function], _Function]:  # noqa: ANN401
        """See ``typer.Typer.command()``."""
        return self._add("command", options)

    def callback(self, **options: Any) -> Callable[[_Function], _Function]:  # noqa: ANN401
        """See ``typer.Typer.callback()``."""
        return self._add("callback", options)

    def _add(self, kind: str, options: dict[str, Any]) -> Callable[[_Function], _Function]:
        def add(function: _Function) -> _Function:
            self._functions.append((kind, options, function))
            return function

        return add

    @cached_property
    def _typer(self) -> Any:  # noqa: ANN401
        import typer  # noqa: PLC0415

        app = typer.Typer(**self._options)
        for kind, options, function in self._functions:
            getattr(app, kind)(**options)(function)
        return app

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._typer, name)

    def __call__(self) -> None:
        """Parse the arguments and run a command."""
        self._typer()
