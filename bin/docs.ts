/** `npm run docs`: writes docs/messages.md, docs/documents.md and docs/schemas from the schemas of messages and documents, the rooms into docs/architecture.md and docs/rooms.md, and
 * the commands into docs/cli.md. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageSchemas } from '../lib/messages/json-schema.ts';
import { messagesPage } from '../lib/messages/messages-page.ts';
import { commandsSection } from './cli-page.ts';
import { documentSchemas, documentsPage } from './documents-page.ts';
import { ROOM_PAGES, withRooms, withWritten } from './rooms-pages.ts';
import { scalePage } from './scale-page.ts';

const DOCS = join(import.meta.dirname, '..', 'docs');
const SCHEMAS = join(DOCS, 'schemas');

mkdirSync(SCHEMAS, { recursive: true });
writeFileSync(join(DOCS, 'messages.md'), messagesPage());
for (const [name, schema] of Object.entries(messageSchemas())) {
  // JavaScript writes 2^63 with zeros for its last digits; readers with longer integers would take too much.
  const text = JSON.stringify(schema, null, 2).replaceAll('9223372036854776000', '9223372036854775808');
  writeFileSync(join(SCHEMAS, `${name}.json`), `${text}\n`);
}
writeFileSync(join(DOCS, 'documents.md'), documentsPage());
writeFileSync(join(DOCS, 'scale.md'), scalePage());
for (const [name, schema] of Object.entries(documentSchemas())) {
  writeFileSync(join(SCHEMAS, `${name}.json`), `${JSON.stringify(schema, null, 2)}\n`);
}
for (const [name, written] of Object.entries(ROOM_PAGES)) {
  const page = join(DOCS, name);
  writeFileSync(page, withRooms(readFileSync(page, 'utf8'), written()));
}
const cli = join(DOCS, 'cli.md');
writeFileSync(cli, withWritten(readFileSync(cli, 'utf8'), commandsSection(), 'the commands'));
// In the repository's own layout, as its linter wants all JSON.
const { status } = spawnSync('biome', ['format', '--write', SCHEMAS], { stdio: 'inherit' });
process.exitCode = status ?? 1;
