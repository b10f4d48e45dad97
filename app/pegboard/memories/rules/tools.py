"""Switching: which known fact about using something a new one replaces.

"User switched to Django" replaces "User builds the API with FastAPI", not "User uses Postgres".
"""

import re
from collections.abc import Sequence
from typing import Final

from pegboard.english.words import stem, word_set
from pegboard.memories.facts import KnownFact
from pegboard.memories.rules.wording import wording

_KINDS: Final = (
    word_set(
        """django flask fastapi rails express nestjs spring laravel symfony phoenix gin fiber aspnet
        starlette tornado litestar bottle actix axum sinatra"""
    ),
    word_set("react vue angular svelte solid ember preact nextjs nuxt sveltekit remix next.js"),
    word_set(
        """python javascript typescript java kotlin ruby go golang rust c c++ c# php perl scala
        elixir swift haskell clojure julia r dart lua"""
    ),
    word_set(
        """postgres postgresql mysql mariadb sqlite mongodb oracle cassandra dynamodb cockroachdb
        firestore couchdb"""
    ),
    word_set("vim neovim emacs vscode pycharm intellij sublime cursor zed nano webstorm eclipse"),
    word_set("linux windows macos ubuntu fedora debian arch mint"),
    word_set("android ios iphone pixel samsung galaxy"),
    word_set("aws azure gcp heroku digitalocean vercel netlify hetzner"),
    word_set("pytorch tensorflow jax keras"),
    word_set("chrome firefox safari edge brave opera"),
    word_set("npm yarn pnpm bun"),
    word_set("github gitlab bitbucket"),
    word_set("coffee tea decaf matcha"),
)
_VERBS: Final = word_set(
    """use uses using build builds built building work works working with in develop develops
    developing program programs programming code codes coding write writes writing prefer prefers
    run runs running on drive drives drink drinks switched migrated"""
)
TOOL_VERBS: Final = frozenset(stem(word) for word in _VERBS)
_SWITCHED: Final = re.compile(
    r"(?:switched|changed|migrated|transitioned|is switching|is migrating|converted)"
    r"(?: \w+){0,4}?(?: from (?P<old>.+?))? to (?P<new>.+)"
    r"|moved(?: over)?(?: from (?P<old2>.+?))? to (?P<moved>.+)"
    r"|(?:now uses|now prefers|is now using|started using) (?P<uses>.+)"
    r"|uses (?P<uses2>.+?) (?:now|instead(?: of (?P<old3>.+))?)",
    re.I,
)
_ABOUT_TOOL: Final = re.compile(
    r"\b(?:us(?:es|e|ing)(?! to\b)|buil(?:ds|t|ding)|work(?:s|ing)? (?:with|in)|develops?|codes?|"
    r"program(?:s|ming)?|writes?|written|prefers?|runs?|drives|drinks|(?:switched|migrated|changed|"
    r"moved) to|is (?:on|learning)|has an?)\b",
    re.I,
)


def is_about_tool(text: str) -> bool:
    return _ABOUT_TOOL.search(text) is not None


def is_tool(word: str) -> bool:
    return any(word in kind for kind in _KINDS)


def replaced_tool(text: str, nearest: Sequence[KnownFact]) -> KnownFact | None:
    """The known fact that a switch to something else makes untrue."""
    match = _SWITCHED.search(text)
    if match is None:
        return None
    new = match["new"] or match["moved"] or match["uses"] or match["uses2"]
    candidates = [one for one in nearest if is_about_tool(one.text)]
    if old := match["old"] or match["old2"] or match["old3"]:
        left = set(wording(old).words)
        return next((one for one in candidates if left <= set(wording(one.text).words)), None)
    kinds = _kinds(new)
    for one in candidates:
        if kinds & _kinds(one.text):
            return one
    if kinds or match["moved"]:
        # A place can be moved to as well; what is of another kind stays.
        candidates = [one for one in candidates if kinds and not _kinds(one.text)]
    if match["uses"] or match["uses2"]:
        return None  # One uses many things; without a common kind nothing is replaced.
    return candidates[0] if candidates else None


def _kinds(text: str) -> frozenset[int]:
    words = set(re.findall(r"[a-z][\w.]*[\w+#]|[a-z]", text.lower()))
    return frozenset(index for index, kind in enumerate(_KINDS) if words & kind)
