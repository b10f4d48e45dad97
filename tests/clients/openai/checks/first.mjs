// What only the clients of 2023 have: `file_ids` and the tool `retrieval`.

import {
  about, answer, begun, call, cited, COLOUR, firstOnly, includes, MODEL, newAssistant, newThread, plain,
  same, settled, upload,
} from '../checking.mjs';

const check = about('The first generation: assistants=v1');
const RUNS = 'POST /threads/{id}/runs';
const RETRIEVAL = { type: 'retrieval' };
const retrieving = (client, file) => newAssistant(client, [RETRIEVAL], { file_ids: [file] });

check('POST /assistants', 'with retrieval and file_ids', async (client) => {
  firstOnly();
  const sent = { model: MODEL, tools: [RETRIEVAL], file_ids: [await upload(client)] };
  const made = plain(await client.beta.assistants.create(sent));
  const others = ['id', 'object', 'created_at', 'name', 'description', 'instructions', 'metadata'];
  same('the keys', Object.keys(made).sort(), [...others, ...Object.keys(sent)].sort());
  includes('the facts', made, sent);
  same('the same when read', plain(await client.beta.assistants.retrieve(made.id)), made);
});

check('POST /assistants/{id}', 'other file_ids', async (client) => {
  firstOnly();
  const id = await retrieving(client, await upload(client));
  const file_ids = [await upload(client, 'other.txt')];
  same('file_ids', (await client.beta.assistants.update(id, { file_ids })).file_ids, file_ids);
  same('what is kept', (await client.beta.assistants.retrieve(id)).file_ids, file_ids);
});

check('POST /threads/{id}/messages', 'with file_ids', async (client) => {
  firstOnly();
  const thread = await newThread(client);
  const say = async (more) => {
    const message = { role: 'user', content: 'Hello', ...more };
    return plain(await client.beta.threads.messages.create(thread, message));
  };
  const file_ids = [await upload(client)];
  includes('the message', await say({ file_ids }), { file_ids, attachments: undefined });
  same('none', (await say({})).file_ids, []);
});

check(RUNS, "an answer from the assistant's file", async (client) => {
  firstOnly();
  const file = await upload(client);
  const thread_id = await newThread(client, COLOUR);
  const run = await settled(client, await begun(client, thread_id, await retrieving(client, file)));
  includes('the run', plain(run), { status: 'completed', tools: [RETRIEVAL], file_ids: [file] });
  await cited(client, await answer(client, thread_id), file);
  const steps = await call(client.beta.threads.runs.steps, 'list', { thread_id, run_id: run.id });
  const [said, searched] = steps.data;
  const [{ id, ...called }] = plain(searched.step_details.tool_calls);
  same('the call', called, { type: 'retrieval', retrieval: {} });
  same('the step after', said.type, 'message_creation');
});

check(RUNS, "an answer from the message's file", async (client) => {
  firstOnly();
  const file = await upload(client);
  const thread = await newThread(client, COLOUR, { file_ids: [file] });
  const assistant = await newAssistant(client, [RETRIEVAL]);
  const run = await settled(client, await begun(client, thread, assistant));
  same('status', run.status, 'completed');
  await cited(client, await answer(client, thread), file);
});
