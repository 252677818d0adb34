"""Frozen dataclasses that are made when somebody looks.

Making a dataclass takes longer than the work on a small configuration. So a record starts with no
more than what sets its fields, and becomes the dataclass it is declared as when that matters: for
``dataclasses``, pydantic, comparing or printing.
"""

# ruff: noqa: ANN401  (records of any kind)

from __future__ import annotations

from collections.abc import Callable

from nginx_memlint.annotations import Any, TypeVar, dataclass_transform

_T = TypeVar("_T")

_LATER = ("__eq__", "__hash__", "__repr__", "__dataclass_fields__")


class _Factory:
    """The default of a field that is made anew for each record."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], _T]) -> _T:
    """As in dataclasses."""
    factory: Any = _Factory(default_factory)
    return factory  # type: ignore[no-any-return]


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def mutable(cls: type[_T]) -> type[_T]:
    """A record whose fields may be set; it equals itself only."""
    cls.__init__ = _init(cls, *_fields(cls), kw_only=False)  # type: ignore[method-assign]
    return cls


def replace(record: _T, **changes: Any) -> _T:
    """As in dataclasses."""
    return type(record)(
        **{name: getattr(record, name) for name in _fields(type(record))[0]} | changes
    )


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_T]) -> type[_T]:
    """A frozen dataclass."""
    return _prepare(cls, kw_only=False)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
def keyword_record(cls: type[_T]) -> type[_T]:
    """A frozen dataclass whose fields are given by name."""
    return _prepare(cls, kw_only=True)


def _prepare(cls: type[_T], *, kw_only: bool) -> type[_T]:
    names, defaults = _fields(cls)

    def become() -> None:
        from dataclasses import dataclass  # noqa: PLC0415
        from dataclasses import field as real_field  # noqa: PLC0415

        for name in ("__init__", "__setattr__", *_LATER):
            delattr(cls, name)
        for name, default in defaults.items():
            if isinstance(default, _Factory):
                setattr(cls, name, real_field(default_factory=default.make))
        dataclass(frozen=True, kw_only=kw_only)(cls)

    def frozen(self: Any, name: str, value: Any) -> None:
        become()
        setattr(self, name, value)

    def later(name: str) -> Any:
        def call(self: Any, *args: Any) -> Any:
            become()
            return getattr(cls, name)(self, *args)

        return call

    attributes: dict[str, Any] = {
        "__init__": _init(cls, names, defaults, kw_only=kw_only),
        "__setattr__": frozen,
        "__eq__": later("__eq__"),
        "__hash__": later("__hash__"),
        "__repr__": later("__repr__"),
        "__dataclass_fields__": _Fields(become),
    }
    for name, value in attributes.items():
        setattr(cls, name, value)
    return cls


def _fields(cls: type) -> tuple[list[str], dict[str, Any]]:
    """The names of the fields, and the defaults of those that have one."""
    names = list(cls.__annotations__)
    return names, {name: cls.__dict__[name] for name in names if name in cls.__dict__}


def _init(
    cls: type, names: list[str], defaults: dict[str, Any], *, kw_only: bool
) -> Callable[..., None]:
    def init(self: Any, *args: Any, **values: Any) -> None:
        if len(args) > (0 if kw_only else len(names)):
            raise TypeError(f"{cls.__name__}: too many positional arguments")
        own = self.__dict__
        if len(args) == len(names) and not values:
            own.update(zip(names, args, strict=True))
            return
        for name, value in zip(names, args, strict=False):
            own[name] = value
        for name in names[len(args) :]:
            if name in values:
                own[name] = values.pop(name)
            elif name in defaults:
                default = defaults[name]
                own[name] = default.make() if isinstance(default, _Factory) else default
            else:
                raise TypeError(f"{cls.__name__}: {name} is missing")
        if values:
            raise TypeError(f"{cls.__name__} has no {', '.join(values)}")

    return init


class _Fields:
    """Stands for the fields of a record that is no dataclass yet."""

    def __init__(self, become: Callable[[], None]) -> None:
        self._become = become

    def __get__(self, _instance: object, cls: type) -> Any:
        self._become()
        return cls.__dict__["__dataclass_fields__"]
