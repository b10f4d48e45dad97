// Chat completions and models.

import { about, all, holds, MODEL, NotFoundError, plain, QUESTION, same, WEATHER } from '../checking.mjs';

const check = about('Chat completions and models');
const CHAT = 'POST /chat/completions';
const HELLO = [{ role: 'user', content: 'Hello' }];
const ASKED = [{ role: 'user', content: QUESTION }];

const create = (client, messages, more = {}) =>
  client.chat.completions.create({ model: MODEL, messages, ...more });
const answer = async (...given) => (await create(...given)).choices[0];

check(CHAT, 'whole', async (client) => {
  const { object, choices, usage } = await create(client, HELLO);
  same('the object', [object, choices[0].finish_reason], ['chat.completion', 'stop']);
  same('the role', choices[0].message.role, 'assistant');
  holds('something was said', choices[0].message.content);
  same('usage', usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
});

check(CHAT, 'streamed: the pieces make up the whole answer', async (client) => {
  const chunks = await all(await create(client, HELLO, { stream: true }));
  const kinds = [...new Set(chunks.map((chunk) => chunk.object))];
  same('the object', kinds, ['chat.completion.chunk']);
  const choices = chunks.map((chunk) => chunk.choices[0]);
  same('the first role', choices[0].delta.role, 'assistant');
  same('the reason', choices.at(-1).finish_reason, 'stop');
  const joined = choices.map((one) => one.delta.content ?? '').join('');
  same('the joined pieces', joined, (await answer(client, HELLO)).message.content);
});

check(CHAT, 'a call and its output', async (client) => {
  const tools = [WEATHER];
  const { finish_reason: reason, message } = await answer(client, ASKED, { tools });
  same('the reason', reason, 'tool_calls');
  const [{ id, function: called }] = message.tool_calls;
  const given = [called.name, JSON.parse(called.arguments)];
  same('the call', given, ['get_weather', { location: 'Oslo' }]);
  const output = { role: 'tool', tool_call_id: id, content: 'snow' };
  const after = await answer(client, [...ASKED, plain(message), output], { tools });
  holds('the output is told', after.message.content.includes('snow'));
});

check(CHAT, 'a call, streamed', async (client) => {
  const chunks = await all(await create(client, ASKED, { tools: [WEATHER], stream: true }));
  const choices = chunks.map((chunk) => chunk.choices[0]);
  const calls = choices.flatMap((one) => one.delta.tool_calls ?? []).map((one) => one.function);
  const names = calls.map((one) => one.name).filter(Boolean);
  same('the name, told once', names, ['get_weather']);
  const given = calls.map((one) => one.arguments ?? '').join('');
  same('the place', JSON.parse(given), { location: 'Oslo' });
  same('the reason', choices.at(-1).finish_reason, 'tool_calls');
});

check('GET /models', 'all, and one of them', async (client) => {
  const [first] = await all(client.models.list());
  holds('there are some', first);
  same('the first', plain(await client.models.retrieve(first.id)), plain(first));
});

check('GET /models/{id}', 'unknown: 404', async (client) => {
  try {
    await client.models.retrieve('nobody-knows-it');
  } catch (error) {
    same('the error', error.constructor.name, NotFoundError.name);
    same('the code', error.code, 'model_not_found');
    return;
  }
  throw new Error('no error, where NotFoundError was due');
});
