// Files: kept as they were sent, listed, deleted.

import { Buffer } from 'node:buffer';

import {
  about, all, BadRequestError, call, DELETE, file, ids, includes, LIGHTHOUSE, mentions, NotFoundError,
  plain, raises, same, since, upload,
} from '../checking.mjs';

const check = about('Files');
const NOWHERE = 'file-nobody';

async function several(client, count) {
  const made = [];
  for (let number = 0; number < count; number += 1) {
    made.unshift(await upload(client, `${number}.txt`));
  }
  return made;
}

check('POST /files', 'a text', async (client) => {
  const kept = await client.files.retrieve(await upload(client));
  includes('the facts', plain(kept), {
    object: 'file',
    bytes: LIGHTHOUSE.length,
    filename: 'lighthouse.txt',
    purpose: 'assistants',
    status: 'processed',
  });
  same('when it is ready', plain(await client.files.waitForProcessing(kept.id)), plain(kept));
});

check('POST /files', 'for no known purpose: 400', async (client) => {
  const sent = { file: await file(), purpose: 'bad' };
  const create = () => client.files.create(sent);
  const refused = await raises(BadRequestError, "'bad' is not one of", create);
  same('the parameter', refused.param, 'purpose');
});

check('GET /files', 'all, and those of a purpose', async (client) => {
  const made = await several(client, 3);
  same('newest first', await ids(client.files.list()), made);
  same('of a purpose', await ids(client.files.list({ purpose: 'assistants' })), made);
  same('of another', await all(client.files.list({ purpose: 'fine-tune' })), []);
});

check('GET /files', 'all, two a page', async (client) => {
  since(4, 104);
  const made = await several(client, 5);
  same('newest first', await ids(client.files.list({ limit: 2 })), made);
});

check('GET /files/{id}', 'unknown: 404', async (client) => {
  const retrieve = () => client.files.retrieve(NOWHERE);
  const refused = await raises(NotFoundError, `No such File object: ${NOWHERE}`, retrieve);
  same('the parameter', refused.param, 'id');
});

check('GET /files/{id}/content', 'byte for byte', async (client) => {
  const sent = Buffer.from(Array.from({ length: 76_800 }, (_, number) => number % 256));
  const id = await upload(client, 'numbers.bin', sent);
  const got = Buffer.from(await (await client.files.content(id)).arrayBuffer());
  same('the bytes', got.equals(sent), true);
});

check('DELETE /files/{id}', 'each while they are listed', async (client) => {
  await several(client, 3);
  for await (const { id } of client.files.list()) {
    const gone = await call(client.files, DELETE, { id });
    same('the deletion', plain(gone), { id, object: 'file', deleted: true });
  }
  same('what is left', await all(client.files.list()), []);
});

check('DELETE /files/{id}', 'twice: 404', async (client) => {
  const id = await upload(client);
  const remove = () => call(client.files, DELETE, { id });
  await remove();
  mentions((await raises(NotFoundError, id, remove)).message, 'No such File object');
});
