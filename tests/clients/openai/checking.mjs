// How a published JavaScript client of OpenAI is checked, in the cases of checking.py, whatever its
// generation: URL KEY FOLDER, where FOLDER is that of the package.

import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const [url, key, installed] = process.argv.slice(2);
export const { version } = JSON.parse(readFileSync(`${installed}/package.json`, 'utf8'));
const { default: OpenAI, toFile } = await import(pathToFileURL(`${installed}/index.mjs`));
export const { BadRequestError, NotFoundError } = OpenAI;

const [major, minor] = version.split('.').map(Number);
const FIRST = major === 4 && minor < 37; // speaks assistants=v1
const SECONDS = 15 * Number(process.env.PATIENCE ?? 1); // for one request, for one wait, and for one check
const AT_ONCE = 6;
export const MODEL = 'gpt-4o';
export const LIGHTHOUSE = 'The lighthouse of Skarvoy was painted cobalt blue in 1927.';
export const COLOUR = 'What colour was the lighthouse of Skarvoy painted?';
export const WEATHER = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Get the weather of a place',
    parameters: {
      type: 'object',
      properties: { location: { type: 'string' } },
      required: ['location'],
    },
  },
};

class Differs extends Error {}
export class Absent extends Error {}

const checks = [];
// Register the checks of a noun. Each plays with a key, and so a tenant, of its own.
export const about = (noun) => (endpoint, name, play) =>
  checks.push({ noun, endpoint, case: name, play });

export const firstOnly = () => {
  if (!FIRST) throw new Absent();
};
export const secondOnly = () => {
  if (FIRST) throw new Absent();
};
// Arguments leave no trace at run time, so that what has them is told by its version.
export const since = (...wanted) => {
  if (major < wanted[0] || (major === wanted[0] && minor < wanted[1])) throw new Absent();
};
export const has = (resource, ...names) => {
  const found = names.find((name) => resource?.[name]);
  if (!found) throw new Absent();
  return found;
};

// Call a method of a path with several ids. Since version 5 the last of them comes first, and
// those before it stand among the parameters.
export function call(resource, name, ids, params) {
  const method = resource[has(resource, ...[name].flat())].bind(resource);
  const values = Object.values(ids);
  if (major < 5) return method(...values, ...(params ? [params] : []));
  const last = Object.keys(ids).at(-1);
  const { [last]: id, ...others } = ids;
  return method(id, { ...others, ...params });
}
export const DELETE = ['delete', 'del'];

const shown = (value) => JSON.stringify(value);
export const plain = (value) => JSON.parse(shown(value));
export const same = (what, got, wanted) => {
  if (!isDeepStrictEqual(got, wanted)) {
    throw new Differs(`${what}: ${shown(got)}, not ${shown(wanted)}`);
  }
};
export const holds = (what, truth) => {
  if (!truth) throw new Differs(`not so: ${what}`);
};
export const mentions = (text, word) => {
  if (!(text ?? '').includes(word)) throw new Differs(`${shown(word)} is not in ${shown(text)}`);
};
// Those of an object's fields that are wanted, and no others, are as wanted.
export const includes = (what, got, wanted) => {
  same(what, Object.fromEntries(Object.keys(wanted).map((name) => [name, got[name]])), wanted);
};

// The call is refused with this class of the client, in these words.
export async function raises(kind, text, attempt) {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof OpenAI.APIError)) throw error;
    same('the error', error.constructor.name, kind.name);
    mentions(error.message, text);
    holds('the error has a code', error.code !== undefined);
    return error;
  }
  throw new Differs(`no error, where ${kind.name} was due`);
}

// All that a list has, through all its pages.
export async function all(list) {
  const found = [];
  for await (const one of list) found.push(one);
  return found;
}
export const ids = async (list) => (await all(list)).map((one) => one.id);

export const scene = (script) => ({ sandbox: JSON.stringify(script) });
export const newAssistant = async (client, tools = [], settings = {}) =>
  (await client.beta.assistants.create({ model: MODEL, tools, ...settings })).id;
export const newThread = async (client, content = 'Hello', more = {}) =>
  (await client.beta.threads.create({ messages: [{ role: 'user', content, ...more }] })).id;
export const retrieveRun = (client, { id, thread_id }) =>
  call(client.beta.threads.runs, 'retrieve', { thread_id, run_id: id });

// The run when the server waits for nothing but the client, polled by hand.
export async function settled(client, run) {
  const deadline = Date.now() + SECONDS * 1000;
  while (['queued', 'in_progress', 'cancelling'].includes(run.status)) {
    if (Date.now() > deadline) throw new Differs(`still ${run.status} after ${SECONDS} seconds`);
    await pause(50);
    run = await retrieveRun(client, run);
  }
  return run;
}

export async function begun(client, thread, assistant_id, settings = {}) {
  const run = await client.beta.threads.runs.create(thread, { assistant_id, ...settings });
  same('status at first', run.status, 'queued');
  return run;
}

// A run that has ended, on a thread of its own.
export async function answered(client, settings) {
  const started = await begun(client, await newThread(client), await newAssistant(client), settings);
  const run = await settled(client, started);
  same('status', run.status, 'completed');
  return run;
}

export const QUESTION = "What's the weather in Oslo?";
// A run that waits for the output of one call.
export async function paused(client) {
  const thread = await newThread(client, QUESTION);
  const run = await settled(client, await begun(client, thread, await newAssistant(client, [WEATHER])));
  same('status', run.status, 'requires_action');
  return run;
}
export const outputs = (run) =>
  run.required_action.submit_tool_outputs.tool_calls.map(({ id }) => ({
    tool_call_id: id,
    output: 'snow',
  }));
export const submit = (client, { id, thread_id }, tool_outputs, name = 'submitToolOutputs', more = {}) =>
  call(client.beta.threads.runs, name, { thread_id, run_id: id }, { tool_outputs, ...more });

// The text of a thread's newest message, which must be an answer, with its annotations.
export async function answer(client, thread) {
  const [message] = (await client.beta.threads.messages.list(thread)).data;
  same('role', message.role, 'assistant');
  same('parts', message.content.length, 1);
  return message.content[0].text;
}
export const newest = async (client, thread) => (await answer(client, thread)).value;

export const file = (name = 'lighthouse.txt', text = LIGHTHOUSE) => toFile(Buffer.from(text), name);
export const upload = async (client, ...given) =>
  (await client.files.create({ file: await file(...given), purpose: 'assistants' })).id;

// The text tells what the file says, and each mark in it leads to the file.
export async function cited(client, text, id) {
  mentions(text.value, 'cobalt blue');
  holds('something is cited', text.annotations.length);
  for (const one of text.annotations) {
    same('the mark', text.value.slice(one.start_index, one.end_index), one.text);
    same('the file', one.file_citation.file_id, id);
  }
  same('its name', (await client.files.retrieve(id)).filename, 'lighthouse.txt');
}

const ID = /\b(asst|thread|msg|run|step|call|vs|file)[_-][A-Za-z0-9]{8,}/g;
// An error in one line that is the same in every run.
function told(error) {
  const cause = error instanceof Differs ? '' : `${error.constructor.name}: `;
  return `${cause}${error.message}`.replace(/\s+/g, ' ').trim().replace(ID, '$1_<id>').slice(0, 240);
}

async function result({ play }, number) {
  const late = new Promise((_, fail) => {
    const reason = new Differs(`not done after ${SECONDS} seconds`);
    setTimeout(() => fail(reason), SECONDS * 1000).unref();
  });
  const client = new OpenAI({
    apiKey: `${key}-${number}`,
    baseURL: url,
    maxRetries: 0,
    timeout: SECONDS * 1000,
  });
  try {
    await Promise.race([play(client), late]);
    return 'works';
  } catch (error) {
    return error instanceof Absent ? 'absent' : `differs: ${told(error)}`;
  }
}

// Play every check and print its line, in the order in which they were registered.
export async function runAll() {
  const results = [];
  const left = checks.entries();
  const worker = async () => {
    for (const [number, one] of left) results[number] = await result(one, number);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  checks.forEach(({ play, ...one }, number) =>
    console.log(JSON.stringify({ ...one, result: results[number] })),
  );
}
