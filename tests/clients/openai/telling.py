"""The events of a run's stream as lines that can be compared whole, with events.json."""

import json
from pathlib import Path

from checking import takes

_LINES = json.loads((Path(__file__).parent / "events.json").read_text("utf-8"))


def lines(*names, **texts):
    """What a stream must tell, in parts of these names."""
    filled = [line for name in names for line in _LINES[name]]
    for name, text in texts.items():
        filled = [line.replace(f"{{{name}}}", text) for line in filled]
    return filled


def raw(method, **named):
    """The events of a method's plain stream."""
    return list(takes(method, "stream")(**named, stream=True))


class Telling:
    """Each event by its name, its object's number, and what is new; the pieces of one as one.

    Told as it is heard: the helpers go on to change the objects that they hand out.
    """

    def __init__(self):
        self.lines = []
        self._ids = {}

    def hear(self, event):
        kind = event.data.id.partition("_")[0]
        ids = self._ids.setdefault(kind, [])
        if event.data.id not in ids:
            ids.append(event.data.id)
        opening = f"{event.event} {kind}_{ids.index(event.data.id) + 1}: "
        if event.event.endswith(".delta") and self.lines and self.lines[-1].startswith(opening):
            self.lines[-1] += _news(event.data)
        else:
            self.lines.append(opening + _news(event.data))


def lines_of(events):
    """The lines of a plain stream."""
    telling = Telling()
    for event in events:
        telling.hear(event)
    return telling.lines


def pieces(events):
    """The pieces of the answer, one by one."""
    return [_news(event.data) for event in events if event.event == "thread.message.delta"]


def _news(data):
    match data.object:
        case "thread":
            return ""
        case "thread.message":
            return "".join(part.text.value for part in data.content)
        case "thread.message.delta":
            return "".join(part.text.value or "" for part in data.delta.content)
        case "thread.run.step.delta":
            return "".join(map(_call, data.delta.step_details.tool_calls))
        case _:
            return data.status


def _call(call):
    """An id or a name that is told twice is seen twice."""
    begun = "call " if call.id else ""
    if call.type != "function":
        return begun + call.type
    name = f"{call.function.name} " if call.function.name else ""
    return begun + name + (call.function.arguments or "")
