// Threads and their messages.

import {
  about, all, answered, begun, call, DELETE, has, includes, newThread, NotFoundError, plain, raises,
  same, scene, secondOnly, settled, since,
} from '../checking.mjs';

const check = about('Threads and messages');
const NOBODY = 'thread_nobody';
const texts = (messages) => messages.map((one) => one.content[0].text.value);
const say = (client, thread, content, more) =>
  client.beta.threads.messages.create(thread, { role: 'user', content, ...more });
const emptyThread = async (client) => (await client.beta.threads.create({})).id;

check('POST /threads', 'an empty one', async ({ beta: { threads } }) => {
  const thread = await threads.create();
  includes('the thread', plain(thread), { object: 'thread', metadata: {} });
  same('its messages', await all(threads.messages.list(thread.id)), []);
});

check('POST /threads', 'with messages', async ({ beta: { threads } }) => {
  const messages = ['One', 'Two'].map((content) => ({ role: 'user', content }));
  const thread = await threads.create({ messages, metadata: { k: 'v' } });
  same('metadata', plain(thread.metadata), { k: 'v' });
  const told = await all(threads.messages.list(thread.id, { order: 'asc' }));
  same('its messages', texts(told), ['One', 'Two']);
});

check('GET /threads/{id}', 'one', async ({ beta: { threads } }) => {
  const made = await threads.create({ metadata: { k: 'v' } });
  same('the thread', plain(await threads.retrieve(made.id)), plain(made));
});

check('GET /threads/{id}', 'unknown: 404', ({ beta: { threads } }) =>
  raises(NotFoundError, `No thread found with id '${NOBODY}'.`, () => threads.retrieve(NOBODY)),
);

check('POST /threads/{id}', 'its metadata', async ({ beta: { threads } }) => {
  const { id } = await threads.create({ metadata: { a: '1' } });
  const changed = await threads.update(id, { metadata: { b: '2' } });
  includes('the thread', plain(changed), { id, metadata: { b: '2' } });
});

check('DELETE /threads/{id}', 'once', async (client) => {
  const id = await newThread(client);
  const { threads } = client.beta;
  const gone = await call(threads, DELETE, { id });
  same('the deletion', plain(gone), { id, object: 'thread.deleted', deleted: true });
  await raises(NotFoundError, id, () => threads.messages.list(id));
});

const MESSAGES = 'POST /threads/{id}/messages';

check(MESSAGES, 'a text', async (client) => {
  const thread_id = await emptyThread(client);
  const made = await say(client, thread_id, 'Hello', { metadata: { k: 'v' } });
  includes('the message', plain(made), {
    object: 'thread.message',
    thread_id,
    role: 'user',
    metadata: { k: 'v' },
    assistant_id: null,
    run_id: null,
    content: [{ type: 'text', text: { value: 'Hello', annotations: [] } }],
  });
});

check(MESSAGES, "a text and a picture's address", async (client) => {
  secondOnly();
  const image_url = { url: 'https://a.example/b.png' };
  const parts = [{ type: 'text', text: 'Hello' }, { type: 'image_url', image_url }];
  const made = plain(await say(client, await emptyThread(client), parts));
  same('the text', made.content[0].text.value, 'Hello');
  same('the picture', made.content[1].image_url, { ...image_url, detail: 'auto' });
  includes('status and attachments', made, { status: 'completed', attachments: [] });
});

const LISTED = 'GET /threads/{id}/messages';

check(LISTED, 'all, two a page', async (client) => {
  const thread = await emptyThread(client);
  const said = ['0', '1', '2', '3', '4'];
  for (const text of said) await say(client, thread, text);
  const list = (query) => client.beta.threads.messages.list(thread, query);
  same('newest first', texts(await all(list({ limit: 2 }))), said.toReversed());
  same('oldest first', texts(await all(list({ limit: 2, order: 'asc' }))), said);
  const third = (await list({ order: 'asc' })).data[2].id;
  const before = await list({ before: third, order: 'asc' });
  same('before the third', texts(before.data), said.slice(0, 2));
});

check(LISTED, 'those of a run', async (client) => {
  since(4, 47);
  const run = await answered(client, { metadata: scene({ reply: 'One' }) });
  const metadata = scene({ reply: 'Two' });
  await settled(client, await begun(client, run.thread_id, run.assistant_id, { metadata }));
  const said = async (query) =>
    texts(await all(client.beta.threads.messages.list(run.thread_id, query)));
  same('all', await said(), ['Two', 'One', 'Hello']);
  same('those of the first', await said({ run_id: run.id }), ['One']);
});

const ONE = '/threads/{id}/messages/{id}';
const of = ({ thread_id, id }) => ({ thread_id, message_id: id });

check(`GET ${ONE}`, 'one', async (client) => {
  const made = await say(client, await emptyThread(client), 'Hello');
  const got = await call(client.beta.threads.messages, 'retrieve', of(made));
  same('the message', plain(got), plain(made));
});

check(`GET ${ONE}`, 'of another thread: 404', async (client) => {
  const made = await say(client, await newThread(client), 'Hello');
  const elsewhere = { ...made, thread_id: await newThread(client) };
  await raises(NotFoundError, `No message found with id '${made.id}'.`, () =>
    call(client.beta.threads.messages, 'retrieve', of(elsewhere)),
  );
});

check(`POST ${ONE}`, 'its metadata', async (client) => {
  const made = await say(client, await emptyThread(client), 'Hello');
  const metadata = { a: '1' };
  const changed = await call(client.beta.threads.messages, 'update', of(made), { metadata });
  includes('the message', plain(changed), { id: made.id, metadata });
});

check(`DELETE ${ONE}`, 'once', async (client) => {
  const { messages } = client.beta.threads;
  has(messages, ...DELETE);
  const made = await say(client, await emptyThread(client), 'Hello');
  const gone = await call(messages, DELETE, of(made));
  same('the deletion', plain(gone), {
    id: made.id,
    object: 'thread.message.deleted',
    deleted: true,
  });
  same('what is left', await all(messages.list(made.thread_id)), []);
});
