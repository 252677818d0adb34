"""The image that a Dockerfile beside a configuration builds from: a hint at the target."""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from nginx_memlint.errors import MemlintError
from nginx_memlint.files.paths import checkout, is_below, relative, resolved
from nginx_memlint.files.reading import read_file
from nginx_memlint.printable import printable
from nginx_memlint.targets.names import look_up

NAMES = ("Dockerfile", "Containerfile")

MOST = 64 << 10
"""Bytes of such a file."""

_FROM = (
    r"(?ia)[ \t]*+FROM[ \t]++(?:--platform=\S*+[ \t]++)?([\w./:@-]++)"
    r"(?:[ \t]++AS[ \t]++([\w.-]++))?[ \t\r]*+"
)


class BaseImage(NamedTuple):
    """An image that is a target, and the line that names it, as ``Dockerfile:3``."""

    name: str
    place: str

    def __str__(self) -> str:
        return f"{self.name} ({self.place})"


def image_for(configuration: str) -> BaseImage | None:
    """The image of the nearest Dockerfile in a configuration's directory or above it.

    Not above its checkout; None if there is none, or if its image is no target.
    """
    path = os.path.abspath(configuration)
    directory = path if os.path.isdir(path) else os.path.dirname(path)
    top = checkout(directory) or directory
    while is_below(resolved(directory), resolved(top)):
        for name in NAMES:
            path = os.path.join(directory, name)
            if is_below(resolved(path), resolved(top)) and os.path.isfile(path):
                return _image(path)
        if directory == os.path.dirname(directory):
            break
        directory = os.path.dirname(directory)
    return None


def _image(path: str) -> BaseImage | None:
    try:
        text = read_file(path, MOST).decode("utf-8", "replace")
    except OSError:
        return None
    *_, (image, line) = [("", 0), *_images(text)]
    try:
        look_up(image)
    except MemlintError:
        return None
    return BaseImage(image, f"{printable(relative(path, os.getcwd()))}:{line}")


def _images(text: str) -> Iterator[tuple[str, int]]:
    """The image of each stage with its line: the other one's of a stage built on another."""
    stages: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if match := re.fullmatch(_FROM, line):
            image = stages.get(match[1].lower(), (match[1], number))
            if match[2]:
                stages[match[2].lower()] = image
            yield image
