"""Reads the data files that the rules work with. A file with a mistake is refused, not mended."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

T = TypeVar("T")


class BadDataFile(Exception):
    """A data file cannot be used. Names the file and says what is wrong in it."""

    def __init__(self, file: Path, reason: str) -> None:
        super().__init__(f"{file.name}: {reason}")
        self.file, self.reason = file, reason


def read(file: Path, kind: TypeAdapter[T]) -> T:
    """The content of a YAML file as that type. Raises `BadDataFile`."""
    try:
        return kind.validate_python(yaml.load(file.read_text("utf-8"), _Strict))
    except ValidationError as error:
        raise BadDataFile(file, _in_short(error)) from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadDataFile(file, " ".join(str(error).split())) from error


class _Strict(yaml.SafeLoader):
    """YAML keeps the last of two equal keys without a word; this refuses them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {str(name) for name in names if names.count(name) > 1}
        if twice:
            said = f"{', '.join(sorted(twice))} is said twice"
            raise yaml.constructor.ConstructorError(None, None, said, node.start_mark)
        return super().construct_mapping(node, deep)


def _in_short(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, part['loc'])) or 'file'}: {part['msg']}" for part in error.errors()
    )
