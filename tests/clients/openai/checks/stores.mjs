// Vector stores, their files and batches, wherever this generation keeps them.

import {
  about, Absent, all, call, COLOUR, DELETE, file, has, holds, ids, includes, LIGHTHOUSE, NotFoundError,
  plain, raises, same, upload,
} from '../checking.mjs';

const check = about('Vector stores');
const STORE = '/vector_stores/{id}';
const FILES = `${STORE}/files`;
const BATCHES = `${STORE}/file_batches`;
const NOWHERE = 'vs_nobody';
const BAKERY = 'The bakery sells rye bread and cinnamon buns every morning.';

// Under `beta` at first, on their own later.
function stores(client) {
  const found = client.vectorStores ?? client.beta.vectorStores;
  if (!found) throw new Absent();
  return found;
}
const of = (store, one) => ({ vector_store_id: store, file_id: one });

// A store with a file that has been read, and the file.
export async function filled(client) {
  const { id } = await stores(client).create({});
  const one = await upload(client);
  const kept = await stores(client).files.createAndPoll(id, { file_id: one });
  includes('the file', plain(kept), { status: 'completed', last_error: null });
  return [id, one];
}

check('POST /vector_stores', 'with a name, metadata and an end', async (client) => {
  const expires_after = { anchor: 'last_active_at', days: 7 };
  const sent = { name: 'Coast', metadata: { a: '1' }, expires_after };
  const made = plain(await stores(client).create(sent));
  includes('the facts', made, {
    object: 'vector_store',
    ...sent,
    status: 'completed',
    expires_at: made.last_active_at + 7 * 86_400,
  });
  same('what is kept', plain(await stores(client).retrieve(made.id)), made);
});

check('POST /vector_stores', 'with files', async (client) => {
  const room = stores(client);
  const one = await upload(client);
  const { id } = await room.create({ file_ids: [one] });
  same('status', (await room.files.poll(id, one)).status, 'completed');
  const { file_counts: counts } = plain(await room.retrieve(id));
  same('the counts', counts, { in_progress: 0, completed: 1, failed: 0, cancelled: 0, total: 1 });
});

check(`GET ${STORE}`, 'unknown: 404', async (client) => {
  const room = stores(client);
  const text = `No vector store found with id '${NOWHERE}'.`;
  await raises(NotFoundError, text, () => room.retrieve(NOWHERE));
});

check(`POST ${STORE}`, 'only what is sent changes', async (client) => {
  const { id } = await stores(client).create({ name: 'Coast', metadata: { a: '1' } });
  const changed = await stores(client).update(id, { name: 'Shore' });
  includes('name and metadata', plain(changed), { name: 'Shore', metadata: { a: '1' } });
});

check('GET /vector_stores', 'all, two a page', async (client) => {
  const room = stores(client);
  const made = [];
  for (const name of ['0', '1', '2', '3', '4']) made.push((await room.create({ name })).id);
  same('newest first', await ids(room.list({ limit: 2 })), made.toReversed());
  same('oldest first', await ids(room.list({ limit: 2, order: 'asc' })), made);
});

check(`DELETE ${STORE}`, 'once; its files stay', async (client) => {
  const [id, one] = await filled(client);
  const gone = await call(stores(client), DELETE, { id });
  same('the deletion', plain(gone), { id, object: 'vector_store.deleted', deleted: true });
  await raises(NotFoundError, id, () => stores(client).retrieve(id));
  same('the file', (await client.files.retrieve(one)).id, one);
});

check(`POST ${FILES}`, 'create_and_poll', async (client) => {
  const [store, one] = await filled(client);
  const kept = await call(stores(client).files, 'retrieve', of(store, one));
  includes('the facts', plain(kept), {
    id: one,
    object: 'vector_store.file',
    vector_store_id: store,
    status: 'completed',
    last_error: null,
    usage_bytes: LIGHTHOUSE.length,
  });
});

check(`POST ${FILES}`, 'upload_and_poll', async (client) => {
  const { id } = await stores(client).create({});
  const kept = await stores(client).files.uploadAndPoll(id, await file());
  same('status', kept.status, 'completed');
  same('its name', (await client.files.retrieve(kept.id)).filename, 'lighthouse.txt');
});

async function failed(client, store) {
  const one = await upload(client, 'broken.pdf', 'no PDF');
  return stores(client).files.createAndPoll(store, { file_id: one });
}

check(`POST ${FILES}`, 'what cannot be read: failed', async (client) => {
  const { id } = await stores(client).create({});
  const kept = await failed(client, id);
  same('the end', [kept.status, kept.last_error?.code], ['failed', 'invalid_file']);
});

check(`GET ${FILES}`, 'all, one a page, and those that failed', async (client) => {
  const [store, first] = await filled(client);
  const { id: second } = await failed(client, store);
  const { files } = stores(client);
  same('all', await ids(files.list(store, { limit: 1 })), [second, first]);
  same('failed', await ids(files.list(store, { filter: 'failed' })), [second]);
});

check(`POST ${FILES}/{id}`, 'its attributes', async (client) => {
  const { files } = stores(client);
  has(files, 'update');
  const attributes = { year: 1927 };
  const changed = await call(files, 'update', of(...(await filled(client))), { attributes });
  same('the attributes', plain(changed.attributes), attributes);
});

check(`GET ${FILES}/{id}/content`, 'as it was read', async (client) => {
  const { files } = stores(client);
  has(files, 'content');
  const parts = await all(call(files, 'content', of(...(await filled(client)))));
  same('the text', plain(parts), [{ type: 'text', text: LIGHTHOUSE }]);
});

check(`DELETE ${FILES}/{id}`, 'once; the file stays', async (client) => {
  const [store, id] = await filled(client);
  const gone = await call(stores(client).files, DELETE, of(store, id));
  same('the deletion', plain(gone), { id, object: 'vector_store.file.deleted', deleted: true });
  same('what is left', await all(stores(client).files.list(store)), []);
  same('the file', (await client.files.retrieve(id)).id, id);
});

check(`POST ${BATCHES}`, 'create_and_poll', async (client) => {
  const { id } = await stores(client).create({});
  const sent = [await upload(client), await upload(client, 'bakery.txt', BAKERY)];
  const batches = stores(client).fileBatches;
  const batch = await batches.createAndPoll(id, { file_ids: sent });
  const told = [batch.object, batch.status, batch.file_counts.completed];
  same('the batch', told, ['vector_store.files_batch', 'completed', 2]);
  const place = { vector_store_id: id, batch_id: batch.id };
  const listed = await ids(call(batches, 'listFiles', place, { limit: 1 }));
  same('its files', listed.sort(), sent.sort());
});

check(`POST ${BATCHES}`, 'upload_and_poll', async (client) => {
  const { id } = await stores(client).create({});
  const files = [await file(), await file('bakery.txt', BAKERY)];
  const batch = await stores(client).fileBatches.uploadAndPoll(id, { files });
  same('the end', [batch.status, batch.file_counts.completed], ['completed', 2]);
});

check(`POST ${BATCHES}/{id}/cancel`, 'what is done stays done', async (client) => {
  const { id } = await stores(client).create({});
  const batches = stores(client).fileBatches;
  const batch = await batches.createAndPoll(id, { file_ids: [await upload(client)] });
  const place = { vector_store_id: id, batch_id: batch.id };
  await call(batches, 'cancel', place);
  const kept = await call(batches, 'retrieve', place);
  same('the end', [kept.status, kept.file_counts.completed], ['completed', 1]);
});

check(`POST ${STORE}/search`, 'the best first', async (client) => {
  const room = stores(client);
  has(room, 'search');
  const [store, one] = await filled(client);
  const other = await upload(client, 'bakery.txt', BAKERY);
  await room.files.createAndPoll(store, { file_id: other });
  const [best] = await all(room.search(store, { query: COLOUR }));
  const told = [best.file_id, best.filename, best.content[0].text];
  same('the best', told, [one, 'lighthouse.txt', LIGHTHOUSE]);
  holds('the score is a part of one', best.score > 0 && best.score <= 1);
  const few = await all(room.search(store, { query: COLOUR, max_num_results: 1 }));
  same('one at most', few.length, 1);
});
