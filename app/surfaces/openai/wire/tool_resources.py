"""`tool_resources`, as clients send them: what the tools of an assistant or a thread work on."""

from pydantic import BaseModel

from app.surfaces.openai.wire.vector_stores import StoreIn


class CodeFilesIn(BaseModel):
    file_ids: list[str] | None = None


class SearchedIn(BaseModel):
    """Stores that are there, by their ids, or one that is to be made."""

    vector_store_ids: list[str] | None = None
    vector_stores: list[StoreIn] | None = None


class ToolResourcesIn(BaseModel):
    code_interpreter: CodeFilesIn | None = None
    file_search: SearchedIn | None = None
