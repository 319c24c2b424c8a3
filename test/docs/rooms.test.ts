import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOMS, withRooms } from '../../bin/rooms-table.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const NAMES = ROOMS.map(({ name }) => name);
/** Rooms that lib/rooms.json leaves space for until they are built. */
const TO_COME = ['evaluate', 'sandbox', 'scoring'];

describe('the rooms of lib/', () => {
  it('are those of lib/rooms.json', () => {
    const folders = readdirSync(join(ROOT, 'lib'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const built = NAMES.filter((name) => !TO_COME.includes(name));
    expect(folders.map(({ name }) => name).filter((name) => !TO_COME.includes(name))).toEqual(built.toSorted());
  });

  it.each(ROOMS)('$name uses rooms below it only, so that no circle of rooms can be allowed', ({ name, uses }) => {
    const below = NAMES.slice(NAMES.indexOf(name) + 1);
    expect(uses.filter((used) => !below.includes(used))).toEqual([]);
  });

  it('stand in docs/architecture.md as they stand in lib/rooms.json; `npm run docs` writes them', () => {
    const page = readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8');
    expect(withRooms(page)).toBe(page);
  });
});
