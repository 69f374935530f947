"""Files that come from elsewhere or are kept for later: whole and checked, or not there at all."""

import errno
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from course_lib.errors import CacheError, DataMissing
from course_lib.settings import settings

FULL_DISK = (errno.ENOSPC, errno.EDQUOT)
NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)
ONE_BLOCK = 4096  # bytes


@contextmanager
def atomic_write(path: Path | str) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it when the block ends well and removed when it does not.

    The temporary name keeps the suffix, since writers such as numpy.savez go by it. Missing folders are made.
    Raises CacheError, naming the folder and the space left, when the disk is full or the folder is not writable.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}-{secrets.token_hex(4)}{path.suffix}")
    _make_folder(path)
    try:
        yield temporary
        os.replace(temporary, path)
    except Exception as error:
        code = _code(error) or (errno.ENOSPC if _free(path) < ONE_BLOCK else 0)
        if code in FULL_DISK + NOT_WRITABLE:
            raise _cache_error(path, code) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def fetch(url: str, known_hash: str, path: Path | str) -> Path:
    """The file at `url` as `path`, downloaded with a progress bar unless it is there with the right checksum.

    `known_hash` is pooch's "algorithm:hex" ("sha256:…"). A broken or interrupted download is never kept and is begun
    again from its first byte. Raises DataMissing without network, CacheError on a full disk.
    """
    import pooch

    path = Path(path)
    if path.is_file() and pooch.hashes.hash_matches(str(path), known_hash):
        return path
    with atomic_write(path) as temporary:
        try:
            pooch.retrieve(url, known_hash, fname=temporary.name, path=temporary.parent, progressbar=True)
        except (OSError, ValueError) as error:
            if _code(error) in FULL_DISK:
                raise
            raise missing(path.name, [path], f"download it from {url} to {path}", _sentence(error)) from error
    return path


def unpack(archive: Path, path: Path) -> None:
    """Takes the file of the same name as `path` out of a ZIP archive, whole or not at all, and removes the archive."""
    with (
        zipfile.ZipFile(archive) as zipped,
        zipped.open(path.name) as source,
        atomic_write(path) as temporary,
        open(temporary, "wb") as target,
    ):
        shutil.copyfileobj(source, target)
    archive.unlink()


def missing(what: str, sought: list[Path], advice: str, reason: str = "") -> DataMissing:
    """The error for something that is neither on this machine nor to be had from the network.

    It says what was sought, where it is looked for (COURSE_DATA first) and, as `advice`, how to get it.
    """
    return DataMissing(
        f"{what} is not on this machine" + (f" and could not be fetched ({reason})." if reason else "."),
        expected=" or ".join(str(path) for path in sought),
        got=f"nothing there (COURSE_DATA is {settings().data})",
        advice=advice + "; or set COURSE_DATA to a folder that holds it",
    )


def _make_folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # also a file where a folder is to be
        raise _cache_error(path, error.errno) from error


def _code(error: BaseException | None) -> int:
    """The operating system's error number, looked for through the chain of causes (libraries wrap it)."""
    while error is not None:
        if isinstance(error, OSError) and error.errno is not None:
            return error.errno
        error = error.__cause__ or error.__context__
    return 0


def _folder(path: Path) -> Path:
    return next(parent for parent in path.absolute().parents if parent.is_dir())


def _free(path: Path) -> int:
    """Bytes free where `path` is to lie. Some writers (numpy, safetensors) report a full disk without its number."""
    return shutil.disk_usage(_folder(path)).free


def _cache_error(path: Path, code: int) -> CacheError:
    reason = "the disk is full" if code in FULL_DISK else "its folder cannot be written to"
    return CacheError(
        f"{path.name} could not be written: {reason}.",
        expected=f"a writable folder with space left: {path.parent}",
        got=f"{_free(path) / 2**20:.0f} MB free, {os.strerror(code)}",
        advice="free some space, or set COURSE_CACHE to a folder on another disk",
    )


def _sentence(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else 'no message'}"
