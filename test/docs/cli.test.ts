import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandsSection } from '../../bin/cli-page.ts';
import { withWritten } from '../../bin/rooms-pages.ts';
import { ROOT } from './blocks.ts';

it('docs/cli.md tells of every command as the commands themselves do; `npm run docs` writes it', () => {
  const page = readFileSync(join(ROOT, 'docs', 'cli.md'), 'utf8');
  expect(withWritten(page, commandsSection(), 'the commands')).toBe(page);
});
