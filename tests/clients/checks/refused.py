"""What Pegboard does not do and says so: voice, images, video, System One, realtime.

The clients raise their server error with status 501; a switch that is off is no request.
"""

import story
from backboard import BackboardAPIError
from checking import Absent, Differs, check, completed, hear, holds, new_thread, raises, same

NOUN = "Refused on purpose"
MESSAGES = "POST /threads/messages"
VOICE = {"stt": {"provider": "openai"}, "tts": {"provider": "openai"}}
NOT_BUILT = 501, "BackboardServerError"
BOTH = ("add_message", "send_message")
SENT = BOTH[1:]


async def _say(client, method, **named):
    if method == "send_message":
        return await client.send_message(story.GREETING, **named)
    return await client.add_message(await new_thread(client), content=story.GREETING, **named)


def refused(case, *, methods=BOTH, **wanted):
    """Each of the methods raises for these arguments."""
    for method in methods:

        async def play(client, method=method):
            await raises(*NOT_BUILT, _say(client, method, **wanted))

        check(NOUN, MESSAGES, f"{method}: {case} is refused: 501")(play)


def ignored(case, **switched_off):
    """Each of the methods answers as if these arguments were not there."""
    for method in BOTH:

        async def play(client, method=method):
            completed(await _say(client, method, **switched_off), "space")

        check(NOUN, MESSAGES, f"{method}: {case} is ignored")(play)


refused("voice", voice=VOICE)
refused("audio_file", voice=VOICE, audio_file=story.ATTACHMENT)
refused("image_generation", image_generation="auto")
refused("video_generation", video_generation="auto")
refused("system_one", system_one={"questions": {"calm": {"type": "noul", "instructions": "Calm?"}}})
refused("operation=generate_image", methods=SENT, operation="generate_image")
refused("operation=generate_video", methods=SENT, operation="generate_video")
ignored("image_generation=off", image_generation="off")
ignored("image_generation=None", image_generation=None)
ignored("video_generation=off", video_generation="off")


@check(NOUN, MESSAGES, "send_message: operation=chat is ignored")
async def operation_chat(client):
    completed(await client.send_message(story.GREETING, operation="chat"), "space")


@check(NOUN, MESSAGES, "add_message: image_generation, streamed, is refused: 501")
async def image_streamed(client):
    async def attempt():
        await hear(await _say(client, "add_message", image_generation="auto", stream=True))

    await raises(*NOT_BUILT, attempt())


async def _not_connected(attempt):
    """The connection is refused with 501, or the session with a message."""
    try:
        await attempt
    except (Absent, Differs):
        raise
    except BackboardAPIError as error:
        holds("the error says why", str(error))
    except Exception as error:  # of the WebSocket library, which the client lets through
        same("the status", getattr(getattr(error, "response", None), "status_code", error), 501)
    else:
        raise Differs("a session began")


@check(NOUN, "WebSocket /threads/messages", "stream_voice is refused: 501")
async def voice_session(client):
    thread_id = str(await new_thread(client))
    await _not_connected(client.stream_voice(thread_id, {"voice": VOICE, "send_to_llm": True}))


@check(NOUN, "WebSocket /threads/realtime", "connect_realtime is refused: 501")
async def realtime_session(client):
    model = {"provider": "openai", "model": "gpt-realtime"}
    await _not_connected(client.connect_realtime(**model))
