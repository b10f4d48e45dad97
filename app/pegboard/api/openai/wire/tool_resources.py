"""`tool_resources`, as clients send them: what the tools of an assistant or a thread work on."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, Field

from pegboard.api.openai.faults import BadParameter
from pegboard.api.openai.ids import id_of
from pegboard.api.openai.wire.limits import check_length
from pegboard.api.openai.wire.vector_stores import StoreIn
from pegboard.assistants.tool_resources import ToolResources, to_json
from pegboard.db.base import JsonDict
from pegboard.documents.wanted_resources import WantedResources

MOST_FILES: Final = 20
_STORE_IDS: Final = "tool_resources.file_search.vector_store_ids"
_STORES: Final = "tool_resources.file_search.vector_stores"

Ids = Annotated[list[str], Field(fail_fast=True)]


class CodeFilesIn(BaseModel):
    file_ids: Ids | None = None


class SearchedIn(BaseModel):
    """Stores that are there, by their ids, or one that is to be made."""

    vector_store_ids: Ids | None = None
    vector_stores: Annotated[list[StoreIn], Field(fail_fast=True)] | None = None


class ToolResourcesIn(BaseModel):
    code_interpreter: CodeFilesIn | None = None
    file_search: SearchedIn | None = None


def wanted_resources(given: ToolResourcesIn | None) -> WantedResources | None:
    """What is named and described. Raises BadParameter, and Missing for what is no id."""
    if given is None:
        return None
    searched = given.file_search or SearchedIn()
    if searched.vector_store_ids and searched.vector_stores:
        raise BadParameter(
            f"Invalid '{_STORE_IDS}': it excludes 'vector_stores'. Name a vector store that is "
            "there, or describe one that is to be made.",
            param=_STORE_IDS,
        )
    named, described = searched.vector_store_ids or [], searched.vector_stores or []
    check_length(_STORE_IDS, named, most=1)
    check_length(_STORES, described, most=1)
    return WantedResources(
        code_file_ids=_code_files(given.code_interpreter),
        vector_store_ids=(
            None
            if given.file_search is None
            else tuple(id_of("Vector store", text, param=_STORE_IDS) for text in named)
        ),
        new_stores=tuple(one.new_store() for one in described),
    )


def _code_files(given: CodeFilesIn | None) -> tuple[UUID, ...] | None:
    if given is None:
        return None
    texts = given.file_ids or []
    check_length("tool_resources.code_interpreter.file_ids", texts, most=MOST_FILES)
    return tuple(id_of("File", text, param="file_id") for text in texts)


def resources_out(resources: ToolResources | None) -> JsonDict:
    """As clients read them, which is as they are stored."""
    return {} if resources is None else to_json(resources)
