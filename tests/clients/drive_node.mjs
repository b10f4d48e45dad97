// Plays the story with the npm package backboard-sdk, in the words of story.py:
// URL KEY FOLDER, where FOLDER is that of the package.

import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [url, key, installed] = process.argv.slice(2);
const { version } = JSON.parse(readFileSync(`${installed}/package.json`, 'utf8'));
const { BackboardAPIError, BackboardClient } = await import(
  pathToFileURL(`${installed}/dist/index.js`)
);
const words = JSON.parse(readFileSync(new URL('words.json', import.meta.url), 'utf8'));
const attachmentPath = fileURLToPath(new URL(words.attachment, import.meta.url));

const connect = (chapter) => new BackboardClient({ apiKey: `${key}-${chapter}`, baseUrl: url });

const toolFacts = ({ name, description, parameters }) => ({
  name,
  description: description ?? null,
  properties: parameters.properties,
});
const assistantFacts = (assistant) => ({
  assistant_id: assistant.assistantId,
  name: assistant.name,
  description: assistant.description,
  system_prompt: assistant.systemPrompt,
  tools: (assistant.tools ?? []).map((tool) => toolFacts(tool.function)),
});
const replyFacts = (reply) => ({
  run_id: reply.runId,
  status: reply.status,
  content: reply.content,
  tool_calls: (reply.toolCalls ?? []).map((call) => [
    call.function.name,
    call.function.parsedArguments,
  ]),
});
const threadFacts = (thread) => ({
  thread_id: thread.threadId,
  messages: thread.messages.map((one) => [one.role, one.content, one.status]),
});
const attachmentFacts = (one) => ({
  filename: one.filename,
  status: one.status,
  file_size_bytes: one.fileSizeBytes,
});
const weatherOutputs = (calls) =>
  calls.map(([id, given]) => ({
    tool_call_id: id,
    output: JSON.stringify({ ...words.weather, ...given }),
  }));

class Heard {
  kinds = [];
  said = '';
  last = {};

  add(event) {
    if (event.type !== this.kinds.at(-1)) this.kinds.push(event.type);
    if (event.type === 'content_streaming') this.said += event.content;
    this.last = event;
  }

  facts() {
    const { type = null, run_id = null, status = null, content = null } = this.last;
    return { kinds: this.kinds, said: this.said, ending: { type, run_id, status, content } };
  }
}

async function hear(stream) {
  const heard = new Heard();
  for await (const event of await stream) heard.add(event);
  return heard;
}

async function assistants(client, tell) {
  const made = await client.createAssistant({
    name: 'Ada',
    description: words.prompt,
    tools: [words.weather_tool],
  });
  tell('created', assistantFacts(made));
  tell('got', assistantFacts(await client.getAssistant(made.assistantId)));
  const listed = await client.listAssistants({ skip: 0, limit: 10 });
  tell('listed', { names: listed.map((one) => one.name) });
  const change = { description: words.new_prompt, tools: [] };
  tell('updated', assistantFacts(await client.updateAssistant(made.assistantId, change)));
  tell('deleted', { ids: [(await client.deleteAssistant(made.assistantId)).assistant_id] });
  tell('listed', { names: (await client.listAssistants()).map((one) => one.name) });
}

async function conversation(client, tell) {
  const assistant = await client.createAssistant({ name: 'Ada' });
  const thread = await client.createThread(assistant.assistantId);
  tell('opened', threadFacts(thread));
  const model = { llm_provider: 'openai', model_name: 'gpt-4o' };
  const reply = await client.addMessage(thread.threadId, { content: words.greeting, ...model });
  tell('answered', replyFacts(reply));
  const request = { content: words.request, stream: true };
  tell('streamed', (await hear(client.addMessage(thread.threadId, request))).facts());
  tell('got', threadFacts(await client.getThread(thread.threadId)));
  tell('listed', { threads: (await client.listThreads()).map(threadFacts) });
  const its = await client.listThreadsForAssistant(assistant.assistantId);
  tell('listed_for_assistant', { threads: its.map(threadFacts) });
  tell('deleted', { ids: [(await client.deleteThread(thread.threadId)).thread_id] });
  tell('listed', { threads: await client.listThreads() });
}

async function tool_calls(client, tell) {
  const made = await client.createAssistant({ name: 'Ada', tools: [words.weather_tool] });
  const { threadId } = await client.createThread(made.assistantId);
  const asked = await client.addMessage(threadId, { content: words.question });
  tell('asked', replyFacts(asked));
  const calls = asked.toolCalls.map((call) => [call.id, call.function.parsedArguments]);
  const reply = await client.submitToolOutputs(threadId, asked.runId, weatherOutputs(calls));
  tell('answered', replyFacts(reply));
  tell('got', threadFacts(await client.getThread(threadId)));
}

async function streamed_tool_calls(client, tell) {
  const made = await client.createAssistant({ name: 'Ada', tools: [words.weather_tool] });
  const { threadId } = await client.createThread(made.assistantId);
  const asked = new Heard();
  let answered = new Heard();
  const question = { content: words.question, stream: true };
  for await (const event of await client.addMessage(threadId, question)) {
    asked.add(event);
    if (event.type === 'tool_submit_required') {
      const calls = event.tool_calls.map((one) => [one.id, JSON.parse(one.function.arguments)]);
      const outputs = weatherOutputs(calls);
      answered = await hear(client.submitToolOutputs(threadId, event.run_id, outputs, true));
    }
  }
  tell('asked', asked.facts());
  tell('answered', answered.facts());
  tell('got', threadFacts(await client.getThread(threadId)));
}

async function attachment(client, tell) {
  const made = await client.createAssistant({ name: 'Ada' });
  const { threadId } = await client.createThread(made.assistantId);
  const message = { content: words.summary, files: [attachmentPath] };
  const reply = await client.addMessage(threadId, message);
  tell('answered', { attachments: reply.attachments.map(attachmentFacts) });
  const heard = await hear(client.addMessage(threadId, { ...message, stream: true }));
  tell('streamed', { ending: heard.last.type });
  const { messages } = await client.getThread(threadId);
  tell('got', { attachments: messages.map((one) => (one.attachments ?? []).map(attachmentFacts)) });
}

async function awkward_tools(client, tell) {
  const made = await client.createAssistant({
    name: 'Ada',
    tools: [words.awkward_tool, words.bare_tool],
  });
  tell('created', assistantFacts(made));
  tell('got', assistantFacts(await client.getAssistant(made.assistantId)));
  tell('updated', assistantFacts(await client.updateAssistant(made.assistantId, { name: 'Bo' })));
  const again = await client.updateAssistant(made.assistantId, { tools: made.tools });
  tell('sent_back', assistantFacts(again));
  const { threadId } = await client.createThread(made.assistantId);
  const { status } = await client.addMessage(threadId, { content: 'Good morning' });
  tell('answered', { status });
}

async function errors(client, tell) {
  const made = await client.createAssistant({ name: 'Ada', tools: [words.weather_tool] });
  const { threadId } = await client.createThread(made.assistantId);
  const asked = await client.addMessage(threadId, { content: words.question });
  const outputs = weatherOutputs([[asked.toolCalls[0].id, { location: 'Oslo' }]]);
  const done = [threadId, asked.runId, outputs];
  await client.submitToolOutputs(...done);
  const hello = { content: 'Hello' };
  const attempts = {
    unknown_assistant: () => client.getAssistant(words.nowhere),
    invalid_id: () => client.getAssistant('invalid_id'),
    unknown_thread: () => client.addMessage(words.nowhere, hello),
    unknown_thread_streamed: () => hear(client.addMessage(words.nowhere, { ...hello, stream: true })),
    unknown_run: () => client.submitToolOutputs(threadId, '{run_id}', outputs),
    submitted_twice: () => client.submitToolOutputs(...done),
    submitted_twice_streamed: () => hear(client.submitToolOutputs(...done, true)),
    empty_name: () => client.createAssistant({ name: '' }),
    empty_message: () => client.addMessage(threadId),
  };
  for (const [step, attempt] of Object.entries(attempts)) {
    try {
      tell(step, { answered: String(await attempt()) });
    } catch (error) {
      if (!(error instanceof BackboardAPIError)) throw error;
      tell(step, { raised: error.name, status: error.statusCode });
    }
  }
}

const chapters = [
  assistants,
  conversation,
  tool_calls,
  streamed_tool_calls,
  attachment,
  awkward_tools,
  errors,
];
console.log(JSON.stringify({ chapter: 'client', step: version }));
for (const chapter of chapters) {
  const tell = (step, facts) =>
    console.log(JSON.stringify({ chapter: chapter.name, step, ...facts }));
  try {
    await chapter(connect(chapter.name), tell);
  } catch (error) {
    tell('broken', { traceback: String(error.stack).split('\n') });
  }
}
// The client's idle connections would keep the process alive until the server closes them.
process.exit(0);
