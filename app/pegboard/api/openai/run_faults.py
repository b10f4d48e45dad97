"""What rooms refuse of runs, in the words that clients look for."""

from collections.abc import Iterator
from contextlib import contextmanager

from pegboard.api.openai.faults import BadParameter, Refused
from pegboard.assistants.sampling import UnknownResponseFormat
from pegboard.errors import ErrorKind
from pegboard.public_ids import Prefix, public_id
from pegboard.runs.requests.create_run import UnsupportedTool
from pegboard.runs.requests.message_files import PICTURES, UnsupportedPicture
from pegboard.runs.requests.submit_tool_outputs import NotWaiting, WrongOutputs
from pegboard.runs.requests.targets import RunActive, ThreadBusy


@contextmanager
def in_openais_words(*, adding: bool = False) -> Iterator[None]:
    """`adding`: a message, not a run, was to be added to the thread."""
    try:
        yield
    except UnsupportedPicture as picture:
        raise BadParameter(
            f"Invalid image file '{public_id(Prefix.FILE, picture.file_id)}'. Supported formats "
            f"are: {', '.join(PICTURES)}.",
            param="content",
            code=picture.code,
        ) from picture
    except UnsupportedTool as unsupported:
        raise BadParameter(
            "This server cannot run code: remove the tool 'code_interpreter' from the run, or "
            "set PEGBOARD_CODE_INTERPRETER=drop to have it run without.",
            param="tools",
            code=unsupported.code,
        ) from unsupported
    except UnknownResponseFormat as unknown:
        raise BadParameter(
            "Invalid 'response_format.type'.", param="response_format.type"
        ) from unknown
    except RunActive as active:
        thread = public_id(Prefix.THREAD, active.thread_id)
        run = public_id(Prefix.RUN, active.run_id)
        if adding:
            message = f"Can't add messages to {thread} while a run {run} is active."
        else:
            message = f"Thread {thread} already has an active run {run}."
        raise Refused(message) from active
    except ThreadBusy as busy:
        thread = public_id(Prefix.THREAD, busy.thread_id)
        raise Refused(f"Thread {thread} already has an active run.") from busy
    except NotWaiting as over:
        raise Refused(f'Runs in status "{over.status}" do not accept tool outputs.') from over
    except WrongOutputs as wrong:
        raise Refused(
            f"Expected tool outputs for call_ids {list(wrong.expected)}, got {list(wrong.given)}"
        ) from wrong


def cannot_cancel(status: str) -> Refused:
    return Refused(f"Cannot cancel run with status '{status}'.", kind=ErrorKind.INVALID)
