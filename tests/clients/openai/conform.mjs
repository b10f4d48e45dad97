// Checks what the npm package openai, of any version, makes of a server, in the cases of conform.py:
// URL KEY FOLDER, where FOLDER is that of the package.
//
// Prints the package's version, then a line for each endpoint and case.

import { runAll, version } from './checking.mjs';

const NOUNS = ['assistants', 'threads', 'runs', 'streams', 'files', 'stores', 'searches', 'first'];

for (const noun of [...NOUNS, 'chat']) await import(`./checks/${noun}.mjs`);
console.log(version);
await runAll();
// The client's idle connections would keep the process alive until the server closes them.
process.exit(0);
