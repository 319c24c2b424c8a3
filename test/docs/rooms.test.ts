import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { describe, expect, it } from 'vitest';
import { ROOM_PAGES, ROOMS, withRooms } from '../../bin/rooms-pages.ts';

const ROOT = join(import.meta.dirname, '..', '..');
/** Folders of test/ that test no folder: the service as a whole, next to others and in bad times; and what tests share. */
const FOR_THE_WHOLE = ['service', 'conformance', 'faults', 'helpers', 'setup'];
const NAMES = ROOMS.map(({ name }) => name);

describe('the rooms of lib/', () => {
  it('are those of lib/rooms.json', () => {
    const folders = readdirSync(join(ROOT, 'lib'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.map(({ name }) => name).sort()).toEqual(NAMES.toSorted());
  });

  it.each(NAMES)('%s has its tests in the folder of test/ of the same name', (name) => {
    const files = readdirSync(join(ROOT, 'test', name), { recursive: true, encoding: 'utf8' });
    expect(files.filter((file) => file.endsWith('.test.ts'))).not.toEqual([]);
  });

  it('and each folder of test/ is that of a room, of another folder at the top, or one of those for the whole', () => {
    const folders = (path: string) =>
      readdirSync(join(ROOT, path), { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      );
    const known = [...NAMES, ...folders('.'), ...FOR_THE_WHOLE];
    expect(folders('test').filter((folder) => !known.includes(folder))).toEqual([]);
  });

  it.each(ROOMS)('$name uses rooms below it only, so that no circle of rooms can be allowed', ({ name, uses }) => {
    const below = NAMES.slice(NAMES.indexOf(name) + 1);
    expect(uses.filter((used) => !below.includes(used))).toEqual([]);
  });

  it.each(Object.entries(ROOM_PAGES))(
    'stand in docs/%s as in lib/rooms.json; `npm run docs` writes them',
    (page, of) => {
      const text = readFileSync(join(ROOT, 'docs', page), 'utf8');
      expect(withRooms(text, of())).toBe(text);
    },
  );

  it('use all that they may, by the imports that the linter reads', async () => {
    const { output } = await cruise(['lib'], { parser: 'swc', tsPreCompilationDeps: true, baseDir: ROOT });
    if (typeof output === 'string') throw new Error(output);
    const roomOf = (file: string) => /^lib\/([^/]+)\//.exec(file)?.[1];
    const used = new Map(NAMES.map((name) => [name, new Set<string>()]));
    for (const { source, dependencies } of output.modules) {
      const room = roomOf(source);
      for (const { resolved } of dependencies) {
        const other = roomOf(resolved);
        if (room !== undefined && other !== undefined && other !== room) used.get(room)?.add(other);
      }
    }
    const unused = ROOMS.flatMap(({ name, uses }) =>
      uses.filter((room) => !used.get(name)?.has(room)).map((room) => `${name}: ${room}`),
    );
    expect(unused).toEqual([]);
    expect(used.get('shard')).toContain('task');
  });
});
