"""How well a stored text fits a question, in SQL: by meaning and by words.

A text is as good as its vector is near the question's, and a little better for each of the
question's words that stand in it. On questions of our own over real text (`bench/quality.py`) this
sum beats either search alone. It also beats reciprocal rank fusion of the two, which lets weak
matches of words push out good ones of meaning.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pegboard.db.columns import vector_text

WORDS_WEIGHT: Final = 0.2
"""What all of the question's words are worth, beside a likeness of 1; .1 to .4 do as well."""

BEST: Final = 1 + WORDS_WEIGHT
"""The score of a text that is the question."""

# The vectors are parsed once, not for each row, as happens to a parameter that is cast where it is
# compared.
QUESTION: Final = """
    question AS MATERIALIZED (
        SELECT tsvector_to_array(to_tsvector('english', :question)) AS words
    ), seen AS MATERIALIZED (
        SELECT model, CAST(vector AS halfvec) AS vector
        FROM unnest(CAST(:models AS text[]), CAST(:vectors AS text[])) AS seen(model, vector)
    )
"""
"""Common table expressions: the question's words, and its vector as each model sees it."""

COMPARED: Final = """
    1 - (it.embedding <=> seen.vector) AS likeness,
    (length(it.words) - length(ts_delete(it.words, question.words)))::float
        / greatest(cardinality(question.words), 1) AS shared
"""
"""Columns of a row `it` beside the question: cosine similarity, and the share of its words."""

WITH_QUESTION: Final = "CROSS JOIN question LEFT JOIN seen ON seen.model = it.embedded_by"
"""Joins the question to the rows `it` that are compared with it."""

SCORE: Final = "greatest(likeness, :least) + :weight * shared"
FITS: Final = "(likeness > :least OR shared > 0)"


def parameters(
    question: str, vectors: Mapping[str, Sequence[float]], *, least: float
) -> dict[str, Any]:
    """What the statements above refer to. `least` is the similarity below which nothing fits.

    `vectors` holds the question's vector by the key of the model that made it.
    """
    return {
        "question": question,
        "models": list(vectors),
        "vectors": [vector_text(vector) for vector in vectors.values()],
        "least": least,
        "weight": WORDS_WEIGHT,
    }
