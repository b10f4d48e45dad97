"""Both places for files keep the same promises."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import boto3
import pytest

from pegboard.blobs.disk import DiskStore
from pegboard.blobs.s3 import S3Store
from pegboard.blobs.store import BlobMissing, BlobStore
from tests.support.s3 import running_s3


@pytest.fixture(scope="module")
def s3_address() -> Iterator[str]:
    with running_s3() as address:
        yield address


@pytest.fixture(params=["disk", "s3"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> BlobStore:
    if request.param == "disk":
        return DiskStore(tmp_path)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": request.getfixturevalue("s3_address"),
    }.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket="files")
    return S3Store("files", prefix="pegboard/")


async def pieces(*data: bytes) -> AsyncIterator[bytes]:
    for piece in data:
        yield piece


async def broken() -> AsyncIterator[bytes]:
    yield b"half"
    raise ConnectionError


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_is_put_is_there_until_it_is_removed(store: BlobStore) -> None:
    blob = await store.put("abcd", pieces(b"one ", b"two"))
    assert (blob.size, blob.sha256) == (7, hashlib.sha256(b"one two").hexdigest())
    async with store.local("abcd") as path:
        assert path.read_bytes() == b"one two"
    assert await store.has("abcd")
    await store.remove("abcd")
    await store.remove("abcd")
    assert not await store.has("abcd")
    with pytest.raises(BlobMissing):
        async with store.local("abcd"):
            pass


async def test_a_broken_upload_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        await store.put("abcd", broken())
    with pytest.raises(BlobMissing):
        async with store.local("abcd"):
            pass
    assert files_in(tmp_path) == []


async def test_a_copy_outlives_its_original(store: BlobStore) -> None:
    await store.put("abcd", pieces(b"one"))
    await store.copy("abcd", "efgh")
    await store.remove("abcd")
    async with store.local("efgh") as path:
        assert path.read_bytes() == b"one"
    with pytest.raises(BlobMissing):
        await store.copy("abcd", "ijkl")
