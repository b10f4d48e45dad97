// Runs read whole: polled, paused for tools, told as steps, cancelled, refused.

import {
  about, answered, BadRequestError, begun, call, has, ids, includes, mentions, newAssistant, newest,
  newThread, NotFoundError, outputs, paused, plain, raises, retrieveRun, same, scene,
  secondOnly, settled, since, submit, WEATHER,
} from '../checking.mjs';

const check = about('Runs');
const RUNS = 'POST /threads/{id}/runs';
const BOTH = 'POST /threads/runs';
const OUTPUTS = 'POST /threads/{id}/runs/{id}/submit_tool_outputs';
const STEPS = 'GET /threads/{id}/runs/{id}/steps';
const CANCEL = 'POST /threads/{id}/runs/{id}/cancel';
const HELLO = { messages: [{ role: 'user', content: 'Hello' }] };
const REPLY = scene({ reply: 'One two' });

const of = ({ thread_id, id }) => ({ thread_id, run_id: id });
const stepsOf = (client, run, query = {}) =>
  call(client.beta.threads.runs.steps, 'list', of(run), query);
const cancel = (client, run) => call(client.beta.threads.runs, 'cancel', of(run));

check(RUNS, 'polled by hand', async (client) => {
  const run = await answered(client, { metadata: REPLY });
  const nothing = { last_error: null, required_action: null, expires_at: null };
  includes('the facts', plain(run), { object: 'thread.run', ...nothing });
  same('when it was done', typeof run.completed_at, 'number');
  same('the answer', await newest(client, run.thread_id), 'One two');
});

check(RUNS, 'create_and_poll', async (client) => {
  const { runs } = client.beta.threads;
  has(runs, 'createAndPoll');
  const thread = await newThread(client);
  const wish = { assistant_id: await newAssistant(client), metadata: REPLY };
  same('status', (await runs.createAndPoll(thread, wish)).status, 'completed');
  same('the answer', await newest(client, thread), 'One two');
});

check(RUNS, 'with its own model, instructions and tools', async (client) => {
  const assistant = await newAssistant(client, [WEATHER], { instructions: 'Base' });
  const wish = { model: 'other', instructions: 'Mine', tools: [] };
  const run = await begun(client, await newThread(client), assistant, wish);
  includes('what holds', plain(run), wish);
  includes('what is kept', plain(await retrieveRun(client, run)), wish);
});

check(RUNS, 'with additional messages', async (client) => {
  since(4, 47);
  const thread = await newThread(client, 'One');
  const additional_messages = [{ role: 'user', content: 'Two' }];
  const assistant = await newAssistant(client);
  await settled(client, await begun(client, thread, assistant, { additional_messages }));
  const { data } = await client.beta.threads.messages.list(thread, { order: 'asc' });
  same('the messages', data.slice(0, 2).map((one) => one.content[0].text.value), ['One', 'Two']);
});

check(RUNS, 'beyond its budget: incomplete', async (client) => {
  secondOnly();
  const metadata = scene({ reply: 'one two three four five six seven' });
  const wish = { max_completion_tokens: 3, metadata };
  const run = await begun(client, await newThread(client), await newAssistant(client), wish);
  includes('the end', plain(await settled(client, run)), {
    status: 'incomplete',
    incomplete_details: { reason: 'max_completion_tokens' },
  });
});

check(RUNS, 'a rate limit: failed', async (client) => {
  const metadata = scene({ error: { status: 429, after: 0 } });
  const run = await begun(client, await newThread(client), await newAssistant(client), { metadata });
  const { status, last_error: error } = await settled(client, run);
  same('the end', [status, error?.code], ['failed', 'rate_limit_exceeded']);
});

check(RUNS, 'while another is active: 400', async (client) => {
  const { id, thread_id, assistant_id } = await paused(client);
  const text = `Thread ${thread_id} already has an active run ${id}.`;
  await raises(BadRequestError, text, () =>
    client.beta.threads.runs.create(thread_id, { assistant_id }),
  );
});

check('POST /threads/{id}/messages', 'while a run is active: 400', async (client) => {
  const { id, thread_id } = await paused(client);
  const text = `Can't add messages to ${thread_id} while a run ${id} is active.`;
  await raises(BadRequestError, text, () =>
    client.beta.threads.messages.create(thread_id, { role: 'user', content: 'More' }),
  );
});

check(RUNS, 'of an unknown assistant: 404', async (client) => {
  const thread = await newThread(client);
  await raises(NotFoundError, "No assistant found with id 'asst_nobody'.", () =>
    client.beta.threads.runs.create(thread, { assistant_id: 'asst_nobody' }),
  );
});

check('GET /threads/{id}/runs/{id}', 'unknown: 404', async (client) => {
  const run = { id: 'run_nobody', thread_id: await newThread(client) };
  await raises(NotFoundError, "No run found with id 'run_nobody'.", () => retrieveRun(client, run));
});

check('POST /threads/{id}/runs/{id}', 'its metadata', async (client) => {
  const run = await answered(client);
  const metadata = { a: '1' };
  const changed = await call(client.beta.threads.runs, 'update', of(run), { metadata });
  same('metadata', plain(changed.metadata), metadata);
});

check('GET /threads/{id}/runs', 'all, two a page', async (client) => {
  const thread = await newThread(client);
  const assistant = await newAssistant(client);
  const made = [];
  for (let number = 0; number < 5; number += 1) {
    made.unshift((await settled(client, await begun(client, thread, assistant))).id);
  }
  same('newest first', await ids(client.beta.threads.runs.list(thread, { limit: 2 })), made);
});

check(BOTH, 'polled by hand', async (client) => {
  const assistant_id = await newAssistant(client);
  const wish = { assistant_id, thread: HELLO, metadata: REPLY };
  const run = await client.beta.threads.createAndRun(wish);
  same('status', run.status, 'queued');
  same('the end', (await settled(client, run)).status, 'completed');
  same('the answer', await newest(client, run.thread_id), 'One two');
});

check(BOTH, 'create_and_run_poll', async (client) => {
  has(client.beta.threads, 'createAndRunPoll');
  const assistant_id = await newAssistant(client);
  const wish = { assistant_id, thread: HELLO, metadata: REPLY };
  const run = await client.beta.threads.createAndRunPoll(wish);
  same('status', run.status, 'completed');
  same('the answer', await newest(client, run.thread_id), 'One two');
});

check(OUTPUTS, 'polled by hand', async (client) => {
  const run = await paused(client);
  const { type, submit_tool_outputs: due } = run.required_action;
  same('action', type, 'submit_tool_outputs');
  const [{ type: kind, function: called }] = due.tool_calls;
  same('the call', [due.tool_calls.length, kind, called.name], [1, 'function', 'get_weather']);
  same('the place', JSON.parse(called.arguments), { location: 'Oslo' });
  const resumed = await submit(client, run, outputs(run));
  includes('the run', plain(resumed), { status: 'queued', required_action: null });
  same('status', (await settled(client, resumed)).status, 'completed');
  mentions(await newest(client, run.thread_id), 'snow');
});

check(OUTPUTS, 'submit_tool_outputs_and_poll', async (client) => {
  has(client.beta.threads.runs, 'submitToolOutputsAndPoll');
  const run = await paused(client);
  const ended = await submit(client, run, outputs(run), 'submitToolOutputsAndPoll');
  same('status', ended.status, 'completed');
  mentions(await newest(client, run.thread_id), 'snow');
});

check(OUTPUTS, 'two rounds', async (client) => {
  const places = ['Oslo', 'Bergen'];
  const rounds = places.map((location) => ({
    tool_calls: [{ name: 'get_weather', arguments: { location } }],
  }));
  const metadata = scene({ rounds: [...rounds, { reply: 'Both' }] });
  const assistant = await newAssistant(client, [WEATHER]);
  const thread = await newThread(client);
  let run = await settled(client, await begun(client, thread, assistant, { metadata }));
  for (const location of places) {
    const { tool_calls: calls } = run.required_action.submit_tool_outputs;
    const given = calls.map((one) => JSON.parse(one.function.arguments));
    same('the place', given, [{ location }]);
    run = await settled(client, await submit(client, run, outputs(run)));
  }
  same('the end', [run.status, await newest(client, thread)], ['completed', 'Both']);
});

check(OUTPUTS, 'not those that are due: 400', async (client) => {
  const run = await paused(client);
  const [{ tool_call_id: due }] = outputs(run);
  const text = `Expected tool outputs for call_ids ['${due}'], got ['call_x']`;
  const given = [{ tool_call_id: 'call_x', output: 'x' }];
  await raises(BadRequestError, text, () => submit(client, run, given));
});

check(OUTPUTS, 'after the end: 400', async (client) => {
  const run = await paused(client);
  await settled(client, await submit(client, run, outputs(run)));
  const text = 'Runs in status "completed" do not accept tool outputs.';
  await raises(BadRequestError, text, () => submit(client, run, outputs(run)));
});

check(STEPS, 'a call, its output and the answer', async (client) => {
  const run = await paused(client);
  const [waiting, ...others] = (await stepsOf(client, run)).data;
  const first = [waiting.type, waiting.status, others.length];
  same('at first', first, ['tool_calls', 'in_progress', 0]);
  await settled(client, await submit(client, run, outputs(run)));
  const [called, said] = (await stepsOf(client, run, { order: 'asc' })).data;
  same('the same step', [called.id, called.status], [waiting.id, 'completed']);
  const given = called.step_details.tool_calls.map((one) => one.function.output);
  same('the output', given, ['snow']);
  const [{ id }] = (await client.beta.threads.messages.list(run.thread_id)).data;
  same('the message', said.step_details.message_creation.message_id, id);
  same('one a page', await ids(stepsOf(client, run, { limit: 1 })), [said.id, called.id]);
});

check(`${STEPS}/{id}`, 'one', async (client) => {
  const run = await answered(client);
  const [listed] = (await stepsOf(client, run)).data;
  const place = { ...of(run), step_id: listed.id };
  const got = await call(client.beta.threads.runs.steps, 'retrieve', place);
  same('the step', plain(got), plain(listed));
});

check(STEPS, "usage adds up to the run's", async (client) => {
  secondOnly();
  const metadata = scene({ usage: { input_tokens: 12, output_tokens: 3 } });
  const run = await answered(client, { metadata });
  const [step] = (await stepsOf(client, run)).data;
  const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
  for (const one of [run, step]) includes('usage', plain(one.usage), usage);
});

check(CANCEL, 'while it waits for outputs', async (client) => {
  const run = await paused(client);
  const begins = await cancel(client, run);
  same('status at first', begins.status, 'cancelling');
  const ended = await settled(client, begins);
  includes('the end', plain(ended), { status: 'cancelled', required_action: null });
  same('when it ended', typeof ended.cancelled_at, 'number');
  const [step] = (await stepsOf(client, run)).data;
  same('its step', step.status, 'cancelled');
  await client.beta.threads.messages.create(run.thread_id, { role: 'user', content: 'More' });
});

check(CANCEL, 'a finished run: 400', async (client) => {
  const run = await answered(client);
  const text = "Cannot cancel run with status 'completed'.";
  await raises(BadRequestError, text, () => cancel(client, run));
});
