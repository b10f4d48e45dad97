"""Settings in, the web out: with a search service to ask, or not at all."""

from pegboard.documents.parsing.parser import Parser
from pegboard.server_tools.web.fetching import Fetcher
from pegboard.server_tools.web.searxng import SearxngSearch
from pegboard.server_tools.web.tools import WebTools


def web_tools_of(searxng_url: str | None, parser: Parser) -> WebTools | None:
    """None where the operator configured no search: then no model reaches the web."""
    if searxng_url is None:
        return None
    return WebTools(provider=SearxngSearch(searxng_url), fetcher=Fetcher(), parser=parser)
