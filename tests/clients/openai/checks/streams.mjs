// Streams of runs: their events one for one, and what the client's own helpers make of them.

import {
  about, all, call, has, mentions, newAssistant, newest, newThread, NotFoundError, outputs, paused,
  plain, QUESTION, raises, retrieveRun, same, scene, submit, WEATHER,
} from '../checking.mjs';
import { lines, pieces, told, Telling } from '../telling.mjs';

const check = about('Streams of runs');
const RUNS = 'POST /threads/{id}/runs';
const BOTH = 'POST /threads/runs';
const OUTPUTS = 'POST /threads/{id}/runs/{id}/submit_tool_outputs';
const metadata = scene({ reply: 'One two three' });
const WHOLE = lines(['begun', 'saying', 'said'], { said: 'One two three' });
const CALLED = lines(['begun', 'called']);
const HELLO = { messages: [{ role: 'user', content: 'Hello' }] };

// The first client streams no runs; those that do have helpers for it.
export const streams = (client) => has(client.beta.threads.runs, 'stream', 'createAndStream');

// The plain stream of a run, begun on a thread.
export async function raw(client, thread, assistant_id, more = {}) {
  streams(client);
  return client.beta.threads.runs.create(thread, { assistant_id, stream: true, ...more });
}

// The helper's stream of a run, begun on a thread.
const helped = (client, thread, assistant_id, more = {}) =>
  client.beta.threads.runs[streams(client)](thread, { assistant_id, ...more });

const asked = async (client) => [
  await newThread(client, QUESTION),
  await newAssistant(client, [WEATHER]),
];
const greeted = async (client) => [await newThread(client), await newAssistant(client)];

// What a helper's listeners hear.
function hearing(stream) {
  const heard = { telling: new Telling(), snapshots: [], texts: [], calls: [] };
  stream.on('event', (event) => event.event !== 'done' && heard.telling.hear(event));
  stream.on('textDelta', (_, snapshot) => heard.snapshots.push(snapshot.value));
  stream.on('textDone', (text) => heard.texts.push(text.value));
  stream.on('toolCallDone', ({ function: called }) =>
    heard.calls.push(`${called.name} ${called.arguments}`),
  );
  return heard;
}

check(RUNS, 'every event in order, the last as stored', async (client) => {
  streams(client);
  const [thread, assistant] = await greeted(client);
  const events = await all(await raw(client, thread, assistant, { metadata }));
  same('the events', told(events), WHOLE);
  same('the pieces', pieces(events), ['One ', 'two ', 'three']);
  same('what is kept', await newest(client, thread), 'One two three');
  const last = (name) => events.findLast((one) => one.event === name).data;
  const run = last('thread.run.completed');
  same('the run', plain(run), plain(await retrieveRun(client, run)));
  const message = last('thread.message.completed');
  const place = { thread_id: thread, message_id: message.id };
  const stored = await call(client.beta.threads.messages, 'retrieve', place);
  same('the message', plain(message), plain(stored));
});

check(RUNS, 'through an event handler', async (client) => {
  streams(client);
  const [thread, assistant] = await greeted(client);
  const stream = helped(client, thread, assistant, { metadata });
  const heard = hearing(stream);
  await stream.done();
  same('the events', heard.telling.lines, WHOLE);
  same('the snapshots', heard.snapshots, ['One ', 'One two ', 'One two three']);
  same('the whole texts', heard.texts, ['One two three']);
});

check(RUNS, 'what the helper accumulates is what is stored', async (client) => {
  streams(client);
  const [thread, assistant] = await greeted(client);
  const stream = helped(client, thread, assistant, { metadata });
  const heard = hearing(stream);
  const run = await stream.finalRun();
  same('the text', heard.texts, ['One two three']);
  same('status', run.status, 'completed');
  same('the run', plain(run), plain(await retrieveRun(client, run)));
  const [message, ...others] = await stream.finalMessages();
  same('other messages', others, []);
  same('the message', message.content[0].text.value, await newest(client, thread));
  const [step] = await stream.finalRunSteps();
  const place = { thread_id: thread, run_id: run.id };
  const [kept] = (await call(client.beta.threads.runs.steps, 'list', place, {})).data;
  same('the step', [step.id, step.type], [kept.id, kept.type]);
  same("the step's message", step.step_details.message_creation.message_id, message.id);
});

check(RUNS, 'a call, pieced together', async (client) => {
  streams(client);
  const [thread, assistant] = await asked(client);
  const events = await all(await raw(client, thread, assistant));
  same('the events', told(events), CALLED);
  const [due] = events.find((one) => one.event === 'thread.run.requires_action').data.required_action
    .submit_tool_outputs.tool_calls;
  const { delta } = events.find((one) => one.event === 'thread.run.step.delta').data;
  same('the call', delta.step_details.tool_calls[0].id, due.id);
  same('its arguments', due.function.arguments, '{"location": "Oslo"}');
});

function resumedWith(events, said) {
  mentions(said, 'snow');
  same('the events after', events, lines(['resumed'], { said }));
}

check(OUTPUTS, 'every event in order', async (client) => {
  streams(client);
  const run = await paused(client);
  const more = { stream: true };
  const stream = await submit(client, run, outputs(run), 'submitToolOutputs', more);
  const events = told(await all(stream));
  resumedWith(events, await newest(client, run.thread_id));
});

check(OUTPUTS, 'from within the handler of the open stream', async (client) => {
  streams(client);
  const [thread, assistant] = await asked(client);
  const stream = helped(client, thread, assistant);
  const heard = hearing(stream);
  let ending;
  stream.on('event', ({ event, data }) => {
    if (event === 'thread.run.requires_action') ending = resume(client, data, outputs(data));
  });
  await stream.done();
  same('the events', heard.telling.lines, CALLED);
  resumedWith(await ending, await newest(client, thread));
});

async function resume(client, run, given) {
  const after = submit(client, run, given, 'submitToolOutputsStream');
  const heard = hearing(after);
  await after.done();
  return heard.telling.lines;
}

check(OUTPUTS, 'from within the handler, when the call is done', async (client) => {
  streams(client);
  const [thread, assistant] = await asked(client);
  const stream = helped(client, thread, assistant);
  const heard = hearing(stream);
  let ending;
  stream.on('toolCallDone', ({ id }) => {
    const given = [{ tool_call_id: id, output: 'snow' }];
    ending = resume(client, stream.currentRun(), given);
  });
  await stream.done();
  const after = await ending;
  same('the call', heard.calls, ['get_weather {"location": "Oslo"}']);
  resumedWith(after, await newest(client, thread));
});

check(BOTH, 'every event in order', async (client) => {
  streams(client);
  const assistant_id = await newAssistant(client);
  const wish = { assistant_id, thread: HELLO, metadata, stream: true };
  const events = await all(await client.beta.threads.createAndRun(wish));
  same('the events', told(events), ['thread.created thread_1: ', ...WHOLE]);
  same('what is kept', await newest(client, events[0].data.id), 'One two three');
});

check(BOTH, 'through an event handler', async (client) => {
  has(client.beta.threads, 'createAndRunStream');
  const assistant_id = await newAssistant(client);
  const stream = client.beta.threads.createAndRunStream({ assistant_id, thread: HELLO, metadata });
  const heard = hearing(stream);
  const run = await stream.finalRun();
  same('the events', heard.telling.lines, ['thread.created thread_1: ', ...WHOLE]);
  same('what is kept', await newest(client, run.thread_id), 'One two three');
});

check(RUNS, 'a failure after two words', async (client) => {
  streams(client);
  const [thread, assistant] = await greeted(client);
  const script = scene({ reply: 'One two three', error: { status: 503, after: 2 } });
  const events = await all(await raw(client, thread, assistant, { metadata: script }));
  same('the events', told(events), lines(['begun', 'saying', 'failed'], { said: 'One two ' }));
  const { data } = events.find((one) => one.event === 'thread.run.failed');
  same('the code', data.last_error.code, 'server_error');
  same('what is kept', await newest(client, thread), 'One two ');
});

check(RUNS, 'cancelled in the middle', async (client) => {
  streams(client);
  const [thread, assistant] = await greeted(client);
  // Would take half a minute, so the stream can only end in time by being cancelled.
  const script = scene({ reply: 'one '.repeat(100), delay_ms: 300 });
  const events = [];
  for await (const event of await raw(client, thread, assistant, { metadata: script })) {
    if (event.event === 'thread.message.delta' && !pieces(events).length) {
      const place = { thread_id: thread, run_id: events[0].data.id };
      await call(client.beta.threads.runs, 'cancel', place);
    }
    events.push(event);
  }
  const said = await newest(client, thread);
  same('the events', told(events), lines(['begun', 'saying', 'cancelled'], { said }));
  same('where it began', said.slice(0, 4), 'one ');
});

check(RUNS, 'refused before the first event: 404', async (client) => {
  streams(client);
  const thread = await newThread(client);
  await raises(NotFoundError, "No assistant found with id 'asst_nobody'.", () =>
    raw(client, thread, 'asst_nobody'),
  );
});
