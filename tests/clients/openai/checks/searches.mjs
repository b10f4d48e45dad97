// Answers from files: searched by the run, cited in the answer, told as a step.

import {
  about, all, answer, begun, call, cited, COLOUR, LIGHTHOUSE, newAssistant, newThread, plain, same,
  secondOnly, settled, since, upload,
} from '../checking.mjs';
import { lines, told } from '../telling.mjs';
import { filled } from './stores.mjs';
import { raw, streams } from './streams.mjs';

const check = about('Answers from files');
const RUNS = 'POST /threads/{id}/runs';
const SEARCH = { type: 'file_search' };
const CONTENT = 'step_details.tool_calls[*].file_search.results[*].content';

const searching = (client, file_search) =>
  newAssistant(client, [SEARCH], file_search && { tool_resources: { file_search } });

// A thread with a question, an assistant whose store answers it, and the file that does.
async function asking(client) {
  secondOnly();
  const [store, file] = await filled(client);
  const assistant = await searching(client, { vector_store_ids: [store] });
  return [await newThread(client, COLOUR), assistant, file];
}

async function answers(client, thread, assistant, file) {
  const run = await settled(client, await begun(client, thread, assistant));
  same('status', run.status, 'completed');
  await cited(client, await answer(client, thread), file);
  return run;
}

check(RUNS, "from the assistant's store", async (client) => {
  await answers(client, ...(await asking(client)));
});

check(RUNS, 'from a store that is made with the assistant', async (client) => {
  secondOnly();
  const file = await upload(client);
  const assistant = await searching(client, { vector_stores: [{ file_ids: [file] }] });
  await answers(client, await newThread(client, COLOUR), assistant, file);
});

check(RUNS, "from a message's attachment", async (client) => {
  secondOnly();
  const file = await upload(client);
  const attachments = [{ file_id: file, tools: [SEARCH] }];
  const thread = await newThread(client, COLOUR, { attachments });
  const [message] = (await client.beta.threads.messages.list(thread)).data;
  same('attachments', plain(message.attachments), attachments);
  await answers(client, thread, await searching(client), file);
});

check(
  'GET /threads/{id}/runs/{id}/steps',
  'what was found, and its text where it is asked',
  async (client) => {
    since(4, 104);
    const [thread, assistant, file] = await asking(client);
    const run = await answers(client, thread, assistant, file);
    const best = async (query) => {
      const place = { thread_id: thread, run_id: run.id };
      const steps = await call(client.beta.threads.runs.steps, 'list', place, query);
      return plain(steps.data[1].step_details.tool_calls[0].file_search.results[0]);
    };
    const { file_id, file_name, content = null } = await best({});
    same('the best', [file_id, file_name, content], [file, 'lighthouse.txt', null]);
    const { content: whole } = await best({ include: [CONTENT] });
    same('its text', whole, [{ type: 'text', text: LIGHTHOUSE }]);
  },
);

check(RUNS, 'streamed: every event in order', async (client) => {
  const [thread, assistant, file] = await asking(client);
  const events = await all(await raw(client, thread, assistant));
  const text = await answer(client, thread);
  const parts = { search: 'file_search', said: text.value };
  same('the events', told(events), lines(['begun', 'searched'], parts));
  await cited(client, text, file);
});

check(RUNS, "streamed: the helper's text and marks are what is kept", async (client) => {
  const [thread, assistant_id, file] = await asking(client);
  const stream = client.beta.threads.runs[streams(client)](thread, { assistant_id });
  const [message] = await stream.finalMessages();
  const { text } = message.content[0];
  const kept = await answer(client, thread);
  same('the text', text.value, kept.value);
  const marks = (one) => one.annotations.map((it) => [it.text, it.start_index, it.end_index]);
  same('the marks', marks(text), marks(kept));
  await cited(client, text, file);
});
