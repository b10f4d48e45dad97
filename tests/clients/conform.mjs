// Checks what the npm package backboard-sdk makes of a server, in the cases of conform.py:
// URL KEY FOLDER, where FOLDER is that of the package.
//
// Prints the package's version, then a line for each endpoint and case that it has a method for.

import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isDeepStrictEqual } from 'node:util';

const [url, key, installed] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync(`${installed}/package.json`, 'utf8'));
const { BackboardAPIError, BackboardClient } = await import(
  pathToFileURL(`${installed}/dist/index.js`)
);
const words = JSON.parse(readFileSync(new URL('words.json', import.meta.url), 'utf8'));
const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const attachment = pathOf(words.attachment);

const SECONDS = 15 * Number(process.env.PATIENCE ?? 1);
const AT_ONCE = 8;
const FACT = 'My name is Ada and I live in Bergen.';
const [TEA, COFFEE, BOAT] = ['Ada likes tea.', 'Bo drinks coffee.', 'Cy owns a red boat.'];
const KEEPER = 'Who is the keeper of the lighthouse?';

class Differs extends Error {}

const shown = (value) => JSON.stringify(value);
const same = (what, got, wanted) => {
  if (!isDeepStrictEqual(got, wanted)) {
    throw new Differs(`${what}: ${shown(got)}, not ${shown(wanted)}`);
  }
};
const holds = (what, truth) => {
  if (!truth) throw new Differs(`not so: ${what}`);
};
const mentions = (text, word) => {
  if (!(text ?? '').includes(word)) throw new Differs(`${shown(word)} is not in ${shown(text)}`);
};

async function raises(status, name, attempt) {
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof BackboardAPIError)) throw error;
    same('the error', [error.name, error.statusCode], [name, status]);
    holds('the server knows the endpoint', error.message !== 'Not Found');
    return;
  }
  throw new Differs(`no error, where ${name} with ${status} was due`);
}
const notFound = (attempt) => raises(404, 'BackboardNotFoundError', attempt);

async function hear(stream) {
  const events = [];
  for await (const event of await stream) events.push(event);
  return events;
}

// The stream ended well, and its pieces make up the text that it ended with.
function ended(events) {
  const last = events.at(-1) ?? { type: 'nothing' };
  const pieces = events.filter((one) => one.type === 'content_streaming');
  same('the last event', last.type, 'run_ended');
  same('the status it ended with', last.status, 'completed');
  same('the joined pieces', pieces.map((one) => one.content).join(''), last.content);
  holds('something was said', last.content);
  return last;
}

function completed(reply, ...parts) {
  same('status', reply.status, 'COMPLETED');
  same('tool calls', reply.toolCalls ?? [], []);
  for (const part of parts) mentions(reply.content, part);
  return reply;
}

const assistantWith = async (client, ...tools) =>
  (await client.createAssistant({ name: 'Ada', tools })).assistantId;
const newThread = async (client, ...tools) =>
  (await client.createThread(await assistantWith(client, ...tools))).threadId;
const said = async (client, threadId) =>
  (await client.getThread(threadId)).messages.map((one) => [one.role, one.content, one.status]);
const outputsFor = (calls) =>
  calls.map(({ id, function: { arguments: given } }) => ({
    tool_call_id: id,
    output: JSON.stringify({ ...words.weather, ...JSON.parse(given) }),
  }));

async function settled(client, document) {
  for (;;) {
    const got = await client.getDocumentStatus(document.documentId);
    if (!['pending', 'processing'].includes(got.status)) return got;
    await new Promise((done) => setTimeout(done, 20));
  }
}

async function indexed(client, document) {
  const got = await settled(client, document);
  same('status', got.status, 'indexed');
  return got;
}

const checks = [];
const about = (noun) => (endpoint, name, play) => checks.push({ noun, endpoint, case: name, play });

const assistant = about('Assistants');
const facts = (one) => [
  one.name,
  one.description,
  (one.tools ?? []).map((tool) => tool.function.name),
];

assistant('POST /assistants', 'with a description and tools', async (client) => {
  const wanted = { name: 'Ada', description: words.prompt, tools: [words.weather_tool] };
  const made = await client.createAssistant(wanted);
  same('the assistant', facts(made), ['Ada', words.prompt, ['get_current_weather']]);
});
assistant('POST /assistants', 'with an embedding model', async (client) => {
  const wanted = {
    embedding_provider: 'openai',
    embedding_model_name: 'text-embedding-3-small',
    embedding_dims: 1536,
  };
  const made = await client.createAssistant({ name: 'Ada', ...wanted });
  for (const [name, value] of Object.entries(wanted)) same(name, made[name], value);
});
assistant('GET /assistants', 'all, and a page of them', async (client) => {
  for (const name of ['Ada', 'Bo', 'Cy']) await client.createAssistant({ name });
  const names = async (page) => (await client.listAssistants(page)).map((one) => one.name);
  same('all', await names(), ['Ada', 'Bo', 'Cy']);
  same('the second', await names({ skip: 1, limit: 1 }), ['Bo']);
});
assistant('GET /assistants/{id}', 'one', async (client) => {
  const got = await client.getAssistant(await assistantWith(client, words.weather_tool));
  same('the assistant', facts(got), ['Ada', null, ['get_current_weather']]);
});
assistant('GET /assistants/{id}', 'unknown: 404', (client) =>
  notFound(() => client.getAssistant(words.nowhere)),
);
assistant('PUT /assistants/{id}', 'name, description and tools', async (client) => {
  const made = await assistantWith(client, words.weather_tool);
  await client.updateAssistant(made, { name: 'Bo', description: words.prompt, tools: [] });
  same('the assistant', facts(await client.getAssistant(made)), ['Bo', words.prompt, []]);
});
assistant('PUT /assistants/{id}', 'only what is given', async (client) => {
  const made = await assistantWith(client, words.weather_tool);
  const changed = await client.updateAssistant(made, { name: 'Bo' });
  same('the assistant', facts(changed), ['Bo', null, ['get_current_weather']]);
});
assistant('DELETE /assistants/{id}', 'with its threads', async (client) => {
  const made = await assistantWith(client);
  const { threadId } = await client.createThread(made);
  same('the id', (await client.deleteAssistant(made)).assistant_id, made);
  await notFound(() => client.getAssistant(made));
  await notFound(() => client.getThread(threadId));
});

const thread = about('Threads');

thread('POST /assistants/{id}/threads', 'an empty one', async (client) => {
  const made = await client.createThread(await assistantWith(client));
  same('its messages', made.messages, []);
});
thread('POST /assistants/{id}/threads', 'of an unknown assistant: 404', (client) =>
  notFound(() => client.createThread(words.nowhere)),
);
thread('GET /threads', 'all, and a page of them', async (client) => {
  const made = [await newThread(client), await newThread(client), await newThread(client)];
  const ids = async (page) => (await client.listThreads(page)).map((one) => one.threadId);
  same('all', await ids(), made);
  same('the second', await ids({ skip: 1, limit: 1 }), [made[1]]);
});
thread('GET /assistants/{id}/threads', 'those of one assistant', async (client) => {
  const ada = await assistantWith(client);
  const open = async () => (await client.createThread(ada)).threadId;
  const made = [await open(), await open()];
  await newThread(client);
  const ids = async (page) =>
    (await client.listThreadsForAssistant(ada, page)).map((one) => one.threadId);
  same('all', await ids(), made);
  same('the second', await ids({ skip: 1, limit: 1 }), [made[1]]);
});
thread('GET /threads/{id}', 'with its messages', async (client) => {
  const id = await newThread(client);
  const { content } = await client.addMessage(id, { content: words.greeting });
  same('the messages', await said(client, id), [
    ['user', words.greeting, 'COMPLETED'],
    ['assistant', content, 'COMPLETED'],
  ]);
});
thread('GET /threads/{id}', 'unknown: 404', (client) =>
  notFound(() => client.getThread(words.nowhere)),
);
thread('DELETE /threads/{id}', 'once', async (client) => {
  const id = await newThread(client);
  same('the id', (await client.deleteThread(id)).thread_id, id);
  await notFound(() => client.getThread(id));
  same('what is left', await client.listThreads(), []);
});

const message = (name, play) =>
  about('Messages')('POST /threads/{id}/messages', `add_message: ${name}`, play);

message('whole', async (client) => {
  const id = await newThread(client);
  const reply = completed(await client.addMessage(id, { content: words.greeting }), 'space');
  same('the thread', await said(client, id), [
    ['user', words.greeting, 'COMPLETED'],
    ['assistant', reply.content, 'COMPLETED'],
  ]);
});
message('streamed', async (client) => {
  const id = await newThread(client);
  const request = { content: words.request, stream: true };
  const last = ended(await hear(client.addMessage(id, request)));
  mentions(last.content, 'robot');
  same('the thread', await said(client, id), [
    ['user', words.request, 'COMPLETED'],
    ['assistant', last.content, 'COMPLETED'],
  ]);
});
message('to an unknown thread: 404', (client) =>
  notFound(() => client.addMessage(words.nowhere, { content: words.greeting })),
);
message('to an unknown thread, streamed: 404', (client) =>
  notFound(() => hear(client.addMessage(words.nowhere, { content: words.greeting, stream: true }))),
);
message('provider and model', async (client) => {
  const chosen = { llm_provider: 'anthropic', model_name: 'claude-sonnet-4-5' };
  const id = await newThread(client);
  const reply = await client.addMessage(id, { content: words.greeting, ...chosen });
  same('the model', completed(reply, 'space').modelName, 'claude-sonnet-4-5');
});
message('a file', async (client) => {
  const id = await newThread(client);
  completed(await client.addMessage(id, { content: KEEPER, files: [attachment] }), 'Ingrid');
  const kept = (await client.getThread(id)).messages.map((one) => one.attachments ?? []);
  same('attachments', kept.map((one) => one.map((it) => it.filename)), [['lighthouse.txt'], []]);
});
message('a file, streamed', async (client) => {
  const question = { content: KEEPER, files: [attachment], stream: true };
  const events = await hear(client.addMessage(await newThread(client), question));
  mentions(ended(events).content, 'Ingrid');
});

async function remembered(client) {
  const ada = await assistantWith(client);
  const { threadId } = await client.createThread(ada);
  completed(await client.addMessage(threadId, { content: FACT, memory: 'Auto' }));
  return (await client.createThread(ada)).threadId;
}
const asked = { content: 'Where do I live?', memory: 'Readonly' };
const recalls = (found) =>
  holds('it is recalled', (found ?? []).some((one) => one.memory.includes('Bergen')));

message('memory: told in one thread, recalled in the next', async (client) => {
  const second = await remembered(client);
  recalls(completed(await client.addMessage(second, asked), 'Bergen').retrievedMemories);
});
message('memory, streamed', async (client) => {
  const second = await remembered(client);
  const events = await hear(client.addMessage(second, { ...asked, stream: true }));
  mentions(ended(events).content, 'Bergen');
  const retrieved = events.filter((one) => one.type === 'memory_retrieved');
  same('memory_retrieved events', retrieved.length, 1);
  recalls(retrieved[0].memories);
});

const run = (name, play) =>
  about('Tool outputs and runs')('POST /threads/{id}/runs/{id}/submit-tool-outputs', name, play);

async function waiting(client) {
  const id = await newThread(client, words.weather_tool);
  const reply = await client.addMessage(id, { content: words.question });
  same('status', reply.status, 'REQUIRES_ACTION');
  const calls = reply.toolCalls.map((one) => [one.function.name, one.function.parsedArguments]);
  same('tool calls', calls, [['get_current_weather', { location: 'San Francisco' }]]);
  return [id, reply.runId, outputsFor(reply.toolCalls)];
}
async function firstTurn(client, id) {
  same(
    'the thread',
    (await said(client, id)).map(([role, , status]) => [role, status]),
    ['user', 'assistant', 'tool', 'assistant'].map((role) => [role, 'COMPLETED']),
  );
}

run('whole', async (client) => {
  const done = await waiting(client);
  completed(await client.submitToolOutputs(...done), '68°F');
  await firstTurn(client, done[0]);
});
run('streamed', async (client) => {
  const id = await newThread(client, words.weather_tool);
  const question = { content: words.question, stream: true };
  const last = (await hear(client.addMessage(id, question))).at(-1);
  same('the last event', last.type, 'tool_submit_required');
  const stream = client.submitToolOutputs(id, last.run_id, outputsFor(last.tool_calls), true);
  mentions(ended(await hear(stream)).content, '68°F');
  await firstTurn(client, id);
});
run('to an unknown run: 404', async (client) => {
  const id = await newThread(client, words.weather_tool);
  const outputs = [{ tool_call_id: 'call_1', output: 'Sunny' }];
  await notFound(() => client.submitToolOutputs(id, words.nowhere, outputs));
});
run('twice: 400', async (client) => {
  const done = await waiting(client);
  await client.submitToolOutputs(...done);
  await raises(400, 'BackboardValidationError', () => client.submitToolOutputs(...done));
});

const document = about('Documents');
const STATUS = 'GET /documents/{id}/status';
async function quoted(client, id) {
  const reply = completed(await client.addMessage(id, { content: KEEPER }), 'Ingrid');
  same('retrieved files', reply.retrievedFiles, ['lighthouse.txt']);
}

document('POST /assistants/{id}/documents', 'and an answer from it', async (client) => {
  const made = await assistantWith(client);
  const kept = await client.uploadDocumentToAssistant(made, attachment);
  same('the name', kept.filename, 'lighthouse.txt');
  await indexed(client, kept);
  await quoted(client, (await client.createThread(made)).threadId);
});
document('POST /threads/{id}/documents', 'and an answer from it', async (client) => {
  const id = await newThread(client);
  const kept = await client.uploadDocumentToThread(id, attachment);
  same('the name', kept.filename, 'lighthouse.txt');
  await indexed(client, kept);
  await quoted(client, id);
});
document('GET /assistants/{id}/documents', 'its own', async (client) => {
  const made = await assistantWith(client);
  const ids = async () => (await client.listAssistantDocuments(made)).map((one) => one.documentId);
  same('before', await ids(), []);
  const { documentId } = await client.uploadDocumentToAssistant(made, attachment);
  same('after', await ids(), [documentId]);
});
document('GET /threads/{id}/documents', 'its own', async (client) => {
  const made = await newThread(client);
  const ids = async () => (await client.listThreadDocuments(made)).map((one) => one.documentId);
  same('before', await ids(), []);
  const { documentId } = await client.uploadDocumentToThread(made, attachment);
  same('after', await ids(), [documentId]);
});
document(STATUS, 'indexed', async (client) => {
  const kept = await client.uploadDocumentToThread(await newThread(client), attachment);
  const got = await indexed(client, kept);
  const told = [got.filename, got.fileSizeBytes, got.chunkCount, got.statusMessage];
  same('facts', told, ['lighthouse.txt', readFileSync(attachment).length, 1, null]);
});
document(STATUS, 'failed', async (client) => {
  const kept = await client.uploadDocumentToThread(await newThread(client), pathOf(words.broken));
  const got = await settled(client, kept);
  same('status', [got.status, Boolean(got.statusMessage)], ['failed', true]);
});
document(STATUS, 'unknown: 404', (client) =>
  notFound(() => client.getDocumentStatus(words.nowhere)),
);
document('DELETE /documents/{id}', 'once', async (client) => {
  const id = await newThread(client);
  const { documentId } = await client.uploadDocumentToThread(id, attachment);
  same('the id', (await client.deleteDocument(documentId)).document_id, documentId);
  same('what is left', await client.listThreadDocuments(id), []);
  await notFound(() => client.getDocumentStatus(documentId));
});

const memory = about('Memories');
const ALL = '/assistants/{id}/memories';
async function keeping(client, ...contents) {
  const made = await assistantWith(client);
  const ids = [];
  for (const content of contents) ids.push((await client.addMemory(made, { content })).memory_id);
  return [made, ids];
}
const contents = async (client, made) =>
  (await client.getMemories(made)).memories.map((one) => one.content);

memory(`POST ${ALL}`, 'with metadata', async (client) => {
  const made = await assistantWith(client);
  const metadata = { type: 'taste', rank: 3 };
  const added = await client.addMemory(made, { content: TEA, metadata });
  same('what is told', [added.success, added.content], [true, TEA]);
  const got = await client.getMemory(made, added.memory_id);
  same('what is kept', [got.id, got.content, got.metadata], [added.memory_id, TEA, metadata]);
});
memory(`GET ${ALL}`, 'all', async (client) => {
  const [made, ids] = await keeping(client, TEA, COFFEE, BOAT);
  const listed = await client.getMemories(made);
  same('ids', listed.memories.map((one) => one.id), ids);
  same('contents', listed.memories.map((one) => one.content), [TEA, COFFEE, BOAT]);
  same('total_count', listed.totalCount, 3);
});
memory(`GET ${ALL}/{id}`, 'one', async (client) => {
  const [made, ids] = await keeping(client, TEA, COFFEE);
  same('content', (await client.getMemory(made, ids[1])).content, COFFEE);
});
memory(`GET ${ALL}/{id}`, 'unknown: 404', async (client) => {
  const [made] = await keeping(client);
  await notFound(() => client.getMemory(made, words.nowhere));
});
memory(`PUT ${ALL}/{id}`, 'content and metadata', async (client) => {
  const [made, [id]] = await keeping(client, TEA);
  const change = { content: COFFEE, metadata: { type: 'taste' } };
  const changed = await client.updateMemory(made, id, change);
  const told = [changed.id, changed.content, changed.metadata];
  same('what is told', told, [id, COFFEE, change.metadata]);
  same('what is kept', await contents(client, made), [COFFEE]);
});
memory(`DELETE ${ALL}/{id}`, 'once', async (client) => {
  const [made, ids] = await keeping(client, TEA, COFFEE);
  same('success', (await client.deleteMemory(made, ids[0])).success, true);
  same('what is left', await contents(client, made), [COFFEE]);
  await notFound(() => client.deleteMemory(made, ids[0]));
});
memory(`GET ${ALL}/stats`, 'how many', async (client) => {
  const [made] = await keeping(client, TEA, COFFEE);
  const got = await client.getMemoryStats(made);
  same('total_memories', got.totalMemories, 2);
  holds('it says when one was last changed', got.lastUpdated);
});

const ID = /[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}/g;
function plain(error) {
  const status = error.statusCode ? ` ${error.statusCode}` : '';
  const cause = error instanceof Differs ? '' : `${error.name}${status}: `;
  return `${cause}${error.message}`.replace(/\s+/g, ' ').trim().replace(ID, '<id>').slice(0, 200);
}

async function result({ play }, number) {
  const late = new Promise((_, fail) => {
    const reason = new Differs(`not done after ${SECONDS} seconds`);
    setTimeout(() => fail(reason), SECONDS * 1000).unref();
  });
  const client = new BackboardClient({ apiKey: `${key}-${number}`, baseUrl: url });
  try {
    await Promise.race([play(client), late]);
    return 'works';
  } catch (error) {
    return `differs: ${plain(error)}`;
  }
}

const results = [];
const left = checks.entries();
const worker = async () => {
  for (const [number, one] of left) results[number] = await result(one, number);
};
await Promise.all(Array.from({ length: AT_ONCE }, worker));
console.log(version);
checks.forEach(({ play, ...one }, number) =>
  console.log(JSON.stringify({ ...one, result: results[number] })),
);
// The client's idle connections would keep the process alive until the server closes them.
process.exit(0);
