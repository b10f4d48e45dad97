"""Python, the disk, the local embedder, who can reach us and who answers: no database needed."""

import hashlib
import platform
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from pegboard.composition.database import data_folder
from pegboard.composition.knowledge import blobs_of
from pegboard.composition.models import route_by
from pegboard.extras import MODULES, ExtraMissing, missing
from pegboard.identifiers import new_id
from pegboard.llm import providers
from pegboard.llm.embeddings.embedder import EmbedderMissing
from pegboard.llm.embeddings.minilm_network import require_installed
from pegboard.llm.routing import Route
from pegboard.operations.doctor.finding import Finding, fail, ok, warn
from pegboard.server.bind_safety import UnsafeExposure, exposure_of
from pegboard.settings import Auth, SandboxMode, Settings
from pegboard.telemetry.trace_choice import require_exporter

_OLDEST: Final = (3, 11)
_LITTLE: Final = 2 * 1024**3
_TOO_LITTLE: Final = 100 * 1024**2
_WAYS: Final = {Route.DIRECT: "asked directly", Route.LITELLM: "through litellm"}


def examine_machine(settings: Settings) -> Iterator[Finding]:
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield (
        ok("python", detail)
        if sys.version_info >= _OLDEST
        else fail("python", f"{detail}; 3.11 or newer is needed")
    )
    yield _extras(settings)
    yield _disk(data_folder(settings))
    try:
        require_installed()
        yield ok("embedder", "the local embedding model is installed")
    except EmbedderMissing as absent:
        yield warn("embedder", absent.message)
    yield _providers(settings)
    yield _exposure(settings)


async def examine_blobs(settings: Settings) -> Finding:
    """Write, read and remove a small blob."""
    place = f"bucket {settings.blobs_bucket}" if settings.blobs_bucket else "the data folder"
    key, content = new_id().hex, b"pegboard doctor"

    async def pieces() -> AsyncIterator[bytes]:
        yield content

    try:
        blobs = blobs_of(settings)
        stored = await blobs.put(key, pieces())
        try:
            async with blobs.local(key) as path:
                whole = path.read_bytes() == content
        finally:
            await blobs.remove(key)
    except ExtraMissing as absent:
        return fail("files", absent.message)
    except Exception as error:  # of the disk or of boto3, whose errors have no common base
        return fail("files", f"{place} cannot be written: {type(error).__name__}: {error}")
    if not whole or stored.sha256 != hashlib.sha256(content).hexdigest():
        return fail("files", f"{place} does not give back what was written")
    return ok("files", f"{place} can be written and read")


def _extras(settings: Settings) -> Finding:
    """Which there are; others are no fault unless the settings ask for them."""
    present = [extra for extra, modules in MODULES.items() if not missing(modules)]
    absent = [extra for extra in MODULES if extra not in present]
    detail = ", ".join(present) or "none"
    if absent:
        detail += f"; not installed: {', '.join(absent)}"
    try:
        require_exporter(settings.traces)
    except ExtraMissing as wanted:
        return fail("extras", wanted.message)
    return ok("extras", detail)


def _disk(folder: Path) -> Finding:
    present = next(path for path in (folder, *folder.parents) if path.exists())
    free = shutil.disk_usage(present).free
    detail = f"{free / 1e9:.1f} GB are free where {folder} lies"
    if free < _TOO_LITTLE:
        return fail("disk", detail)
    return warn("disk", detail) if free < _LITTLE else ok("disk", detail)


def _providers(settings: Settings) -> Finding:
    """Names, and how each is asked. What the credentials are is nobody's business, and whether
    they are good is only known by using them."""
    names = ", ".join(
        f"{name} ({_WAYS[route_by(settings, name)]})" for name in providers.configured_providers()
    )
    match settings.sandbox:
        case SandboxMode.ALWAYS:
            return warn("models", "PEGBOARD_SANDBOX=always: no provider is ever asked")
        case SandboxMode.OFF if not names:
            return fail("models", "PEGBOARD_SANDBOX=off, and no provider has credentials")
        case SandboxMode.OFF:
            return ok("models", f"credentials for {names}; others are an error")
        case _ if not names:
            return warn("models", "no provider has credentials: the sandbox model answers for all")
    return ok("models", f"credentials for {names}; the sandbox model answers for others")


def _exposure(settings: Settings) -> Finding:
    try:
        exposure = exposure_of(settings)
    except UnsafeExposure as unsafe:
        return fail("access", unsafe.message)
    if exposure.auth is Auth.KEYS:
        return ok("access", f"keys are asked for on {settings.host}")
    if exposure.loopback_only:
        return ok("access", f"any key is accepted, on {settings.host} only")
    return warn("access", f"any key is accepted from everyone who can reach {settings.host}")
