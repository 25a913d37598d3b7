"""Results kept on disk by the content that decides them, for another process or run to find.

A result is found again only under the same question, the same source of the packages that
answer it and the same versions of what they compute with. Files hold JSON, never code, each
with a digest of itself and of its question, so that a damaged file, or one from elsewhere, is
ignored. Nothing here fails for want of a disk: then everything is computed anew.

``ONEARM_CACHE`` names the folder, or is ``off``; else it is that of the platform.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["LIMIT", "clear", "entries", "folder", "remembered", "size"]

LIMIT = 256 * 2**20
"""Bytes that all files together may take; those unused for longest go first."""

_LIBRARIES = ("numpy", "scipy", "pymare")
"""Packages whose version may change a digit."""

_KIND = re.compile(r"[a-z][a-z0-9-]*")
_OURS = re.compile(r"[0-9a-f]{64}\.json")
_DRAFT = ".onearm-draft"
_written: dict[Path, int] = {}
"""About how many bytes a folder holds, so that it need not be measured after every file."""


def folder() -> Path | None:
    """Return the folder of the cache; None where it is switched off or nobody has a home."""
    chosen = os.environ.get("ONEARM_CACHE", "").strip()
    if chosen:
        return None if chosen.lower() == "off" else Path(chosen)
    shared = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if shared.is_absolute():
        return shared / "onearm"
    try:
        return Path.home() / ".cache" / "onearm"
    except RuntimeError:
        return None


def remembered(
    kind: str, key: Mapping[str, Any], compute: Callable[[], Any], *, source: tuple[str, ...]
) -> Any:
    """Return a result from the cache, or compute it and keep it there.

    Parameters
    ----------
    kind : str
        What is kept, in lower-case letters, digits and hyphens: the folder of its files.
    key : mapping
        Everything that decides the result apart from the program, as JSON has it.
    compute : callable
        Gives the result: numbers (nan and infinite ones too), texts, lists and dicts.
    source : tuple of str
        Names of the packages and modules whose source decides the result, such as
        ``"onearm.models"``.

    Returns
    -------
    object
        The result as JSON gives it back, whether it was found or computed: tuples are lists,
        keys are texts, floats are the same to the last bit.
    """
    if not _KIND.fullmatch(kind):
        raise ValueError(f"A kind is written in a-z, 0-9 and -; got {kind!r}.")
    question = json.dumps([kind, key, _program(source)], sort_keys=True, separators=(",", ":"))
    name = hashlib.sha256(question.encode()).hexdigest()
    root = folder()
    path = None if root is None else root / kind / f"{name}.json"
    found = None if path is None else _read(path)
    if found is None:
        found = json.dumps(compute(), separators=(",", ":"))
        if root is not None and path is not None:
            _keep(root, path, found)
    return json.loads(found)


def size() -> int:
    """Return how many bytes the files of the cache take."""
    root = folder()
    return 0 if root is None else sum(taken for _, taken, _ in _files(root))


def entries() -> int:
    """Return how many results the cache keeps."""
    root = folder()
    return 0 if root is None else sum(1 for _ in _files(root))


def clear() -> int:
    """Remove every file of the cache, and return how many there were."""
    root, gone = folder(), 0
    if root is None:
        return 0
    for path in [path for path, _, _ in _files(root)]:
        with suppress(OSError):
            path.unlink()
            gone += 1
    for draft in root.glob(f"*/*{_DRAFT}"):  # of a process that was ended while it wrote
        with suppress(OSError):
            draft.unlink()
    _written.clear()
    return gone


@cache
def _program(source: tuple[str, ...]) -> list[str]:
    """Return what computes: the digest of its source, and the versions beneath it."""
    digest = hashlib.sha256()
    for name in sorted(source):
        for within, path in _modules(name):
            content = hashlib.sha256(path.read_bytes()).hexdigest()
            digest.update(f"{name} {within} {content}\n".encode())
    return [digest.hexdigest(), *(f"{name} {version(name)}" for name in _LIBRARIES)]


def _modules(name: str) -> list[tuple[str, Path]]:
    """Return the source files of a package with their place within it, or the one of a module."""
    found = find_spec(name)
    if found is None:
        raise ModuleNotFoundError(f"There is no package {name!r} whose source could decide.")
    if found.submodule_search_locations:
        return sorted(
            (path.relative_to(place).as_posix(), path)
            for place in found.submodule_search_locations
            for path in Path(place).rglob("*.py")
        )
    return [("", Path(str(found.origin)))]


def _read(path: Path) -> str | None:
    """Return what a file holds, None unless it is whole and was written for this question."""
    try:
        seal, _, body = path.read_bytes().decode().partition("\n")
        if seal != _seal(path, body):
            return None
        json.loads(body)
        os.utime(path)  # used now, so that it stays longest
    except (OSError, ValueError, RecursionError):
        return None
    return body


def _seal(path: Path, body: str) -> str:
    return hashlib.sha256(f"{path.stem}\n{body}".encode()).hexdigest()


def _keep(root: Path, path: Path, body: str) -> None:
    """Write a file whole or not at all, and make room when there is too much."""
    content = f"{_seal(path, body)}\n{body}".encode()
    if len(content) > LIMIT:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=_DRAFT)
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            draft.replace(path)
        except OSError:
            draft.unlink()
            raise
        if root not in _written:
            _written[root] = sum(taken for _, taken, _ in _files(root))
        else:
            _written[root] += len(content)
        if _written[root] > LIMIT:
            _make_room(root)


def _make_room(root: Path) -> None:
    """Remove what was not used for longest, until a tenth of the limit is free."""
    files = sorted(_files(root), key=lambda item: (item[2], item[0].name))
    total = sum(taken for _, taken, _ in files)
    for path, taken, _ in files:
        if total <= 0.9 * LIMIT:
            break
        with suppress(OSError):
            path.unlink()
            total -= taken
    _written[root] = total


def _files(root: Path) -> Iterator[tuple[Path, int, int]]:
    """Yield the files of the cache, and none that are not its own: path, bytes, time of use."""
    for path in root.glob("*/*.json"):
        if _OURS.fullmatch(path.name) and _KIND.fullmatch(path.parent.name):
            with suppress(OSError):
                known = path.stat()
                yield path, known.st_size, known.st_mtime_ns
