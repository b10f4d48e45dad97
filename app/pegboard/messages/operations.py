"""Write messages."""

from uuid import UUID

from pegboard import clock
from pegboard.db.inserting import insert_row
from pegboard.identifiers import new_id
from pegboard.llm.tokens import count_aside
from pegboard.messages.tables import Message, MessageStatus, Role
from pegboard.tenants.scope import Scope


def new_message(scope: Scope, *, thread_id: UUID, role: Role, content: str | None) -> Message:
    """A complete message with nothing but its text; its tokens are counted as it is added."""
    return Message(
        id=new_id(),
        tenant_id=scope.tenant_id,
        created_at=clock.now(),
        thread_id=thread_id,
        run_id=None,
        role=role,
        status=MessageStatus.COMPLETED,
        content=content,
        reasoning=None,
        tool_calls=None,
        tool_call_id=None,
        tool_name=None,
        labels=None,
        error_code=None,
        error_message=None,
        model_provider=None,
        model_name=None,
        input_tokens=None,
        output_tokens=None,
        tokens=0,
    )


async def append(scope: Scope, message: Message) -> None:
    """Store a message at the end of its thread, now: the order of inserts is the order of turns."""
    message.tokens += await count_aside(message.content or "")
    await insert_row(scope.session, message)


async def remove(scope: Scope, message: Message) -> None:
    """Remove one message; its thread goes on without it."""
    await scope.session.delete(message)
    await scope.session.flush()
