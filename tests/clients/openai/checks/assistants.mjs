// Assistants: made, read, changed, paged, deleted.

import {
  all, BadRequestError, call, DELETE, ids, includes, MODEL, newAssistant, NotFoundError, plain, raises,
  same, secondOnly, WEATHER, about,
} from '../checking.mjs';

const check = about('Assistants');
const NOBODY = 'asst_nobody';
const missing = `No assistant found with id '${NOBODY}'.`;

check('POST /assistants', 'with a function', async ({ beta: { assistants } }) => {
  const sent = { name: 'Ada', description: 'Counts', instructions: 'Count', metadata: { a: '1' } };
  const made = await assistants.create({ model: MODEL, tools: [WEATHER], ...sent });
  includes('the facts', made, { object: 'assistant', model: MODEL, ...sent });
  const [tool] = plain(made.tools);
  tool.function.strict ??= false; // the second generation's word
  same('the tool', tool, { type: 'function', function: { ...WEATHER.function, strict: false } });
});

check('POST /assistants', 'with file_search and sampling settings', async ({ beta }) => {
  secondOnly();
  const sent = { temperature: 0.5, top_p: 0.25, response_format: { type: 'text' } };
  const tools = [{ type: 'file_search' }];
  const made = await beta.assistants.create({ model: MODEL, tools, ...sent });
  same('the tool', made.tools.map((tool) => tool.type), ['file_search']);
  includes('the settings', plain(made), { ...sent, tool_resources: {} });
});

check('POST /assistants', 'too many pairs of metadata: 400', async ({ beta }) => {
  const metadata = Object.fromEntries(Array.from({ length: 17 }, (_, number) => [number, 'x']));
  const refused = await raises(BadRequestError, "Invalid 'metadata': too many properties.", () =>
    beta.assistants.create({ model: MODEL, metadata }),
  );
  includes('code and type', refused, {
    code: 'object_above_max_properties',
    type: 'invalid_request_error',
  });
});

check('GET /assistants/{id}', 'one', async ({ beta: { assistants } }) => {
  const made = await assistants.create({ model: MODEL, name: 'Ada', tools: [WEATHER] });
  same('the assistant', plain(await assistants.retrieve(made.id)), plain(made));
});

check('GET /assistants/{id}', 'unknown: 404', ({ beta }) =>
  raises(NotFoundError, missing, () => beta.assistants.retrieve(NOBODY)),
);

check('POST /assistants/{id}', 'only what is sent changes', async (client) => {
  const sent = { name: 'Ada', instructions: 'Count', metadata: { a: '1' } };
  const made = await newAssistant(client, [WEATHER], sent);
  const change = { name: 'Bo', metadata: { b: '2' }, tools: [] };
  const changed = await client.beta.assistants.update(made, change);
  includes('the facts', plain(changed), { ...change, instructions: 'Count' });
});

async function several(client) {
  const made = [];
  for (let number = 0; number < 5; number += 1) made.push(await newAssistant(client));
  return made;
}

check('GET /assistants', 'all, two a page, newest first', async (client) => {
  const made = await several(client);
  const { assistants } = client.beta;
  same('newest first', await ids(assistants.list({ limit: 2 })), made.toReversed());
  same('oldest first', await ids(assistants.list({ limit: 2, order: 'asc' })), made);
});

check('GET /assistants', 'none', async ({ beta }) => {
  same('all', await all(beta.assistants.list()), []);
});

check('GET /assistants', 'above the limit: 400', ({ beta }) =>
  raises(BadRequestError, 'Expected a value <= 100, but got 101 instead.', () =>
    beta.assistants.list({ limit: 101 }),
  ),
);

check('DELETE /assistants/{id}', 'each while they are listed', async (client) => {
  await several(client);
  const { assistants } = client.beta;
  for await (const { id } of assistants.list({ limit: 2 })) {
    const gone = await call(assistants, DELETE, { id });
    same('the deletion', plain(gone), { id, object: 'assistant.deleted', deleted: true });
  }
  same('what is left', await all(assistants.list()), []);
});

check('DELETE /assistants/{id}', 'twice: 404', async (client) => {
  const id = await newAssistant(client);
  const remove = () => call(client.beta.assistants, DELETE, { id });
  await remove();
  await raises(NotFoundError, `No assistant found with id '${id}'.`, remove);
});
