// The events of a run's stream as lines that can be compared whole, with events.json.

import { readFileSync } from 'node:fs';

const LINES = JSON.parse(readFileSync(new URL('events.json', import.meta.url), 'utf8'));

// What a stream must tell, in parts of these names.
export const lines = (names, told = {}) =>
  names
    .flatMap((name) => LINES[name])
    .map((line) => line.replace(/\{(said|search)\}/g, (_, name) => told[name]));

// Each event by its name, its object's number, and what is new; the pieces of one as one. Told as
// it is heard: the helpers go on to change the objects that they hand out.
export class Telling {
  lines = [];
  #ids = {};

  hear({ event, data }) {
    const [kind] = data.id.split('_');
    const ids = (this.#ids[kind] ??= []);
    if (!ids.includes(data.id)) ids.push(data.id);
    const opening = `${event} ${kind}_${ids.indexOf(data.id) + 1}: `;
    if (event.endsWith('.delta') && this.lines.at(-1)?.startsWith(opening)) {
      this.lines.push(this.lines.pop() + news(data));
    } else {
      this.lines.push(opening + news(data));
    }
  }
}

// The lines of a plain stream.
export function told(events) {
  const telling = new Telling();
  for (const event of events) if (event.event !== 'done') telling.hear(event);
  return telling.lines;
}

// The pieces of the answer, one by one.
export const pieces = (events) =>
  events.filter((one) => one.event === 'thread.message.delta').map((one) => news(one.data));

const texts = (content) => content.map((part) => part.text.value ?? '').join('');

function news(data) {
  switch (data.object) {
    case 'thread':
      return '';
    case 'thread.message':
      return texts(data.content);
    case 'thread.message.delta':
      return texts(data.delta.content);
    case 'thread.run.step.delta':
      return data.delta.step_details.tool_calls.map(callOf).join('');
    default:
      return data.status;
  }
}

// An id or a name that is told twice is seen twice.
function callOf(call) {
  const begun = call.id ? 'call ' : '';
  if (call.type !== 'function') return begun + call.type;
  const name = call.function.name ? `${call.function.name} ` : '';
  return begun + name + (call.function.arguments ?? '');
}
