import rooms from '../lib/rooms.json' with { type: 'json' };

const ROOMS_FILE = 'lib/rooms.json';
const END = '<!-- End of what `npm run docs` writes. -->';

/** A folder of `lib/`: what it is for, and the rooms that it may import from. */
export interface Room {
  readonly name: string;
  readonly what: string;
  readonly uses: readonly string[];
}

/** All rooms, those above which use those below. */
export const ROOMS: readonly Room[] = Object.entries(rooms).map(([name, room]) => ({ name, ...room }));

/** What is written of the rooms, by its page in docs. */
export const ROOM_PAGES: Readonly<Record<string, () => string>> = { 'architecture.md': table, 'rooms.md': drawing };

/** The page with what lib/rooms.json says of it. @throws Error where the page has no place for it */
export function withRooms(page: string, written: string): string {
  return withWritten(page, written, ROOMS_FILE);
}

/** The page with what is written from elsewhere in its place. @throws Error where the page has no place for it */
export function withWritten(page: string, written: string, from: string): string {
  const begin = `<!-- Written by \`npm run docs\` from ${from}. -->`;
  const start = page.indexOf(begin);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the page has no "${begin}" with an "${END}" after it`);
  return `${page.slice(0, start)}${begin}\n${written}\n${page.slice(end)}`;
}

function table(): string {
  const rows = ROOMS.map(({ name, what, uses }) => `| ${name} | ${what} | ${uses.join(', ') || '-'} |`);
  return ['| room | what it is for | may use |', '|---|---|---|', ...rows].join('\n');
}

/** The rooms as Mermaid draws them, without the arrows that follow from others. */
function drawing(): string {
  const arrows = ROOMS.flatMap(({ name, uses }) =>
    uses.filter((used) => !uses.some((between) => reaches(between, used))).map((used) => `  ${name} --> ${used}`),
  );
  return ['```mermaid', 'flowchart TD', ...arrows, '```'].join('\n');
}

/** Whether `from` uses `to` through others or itself. */
function reaches(from: string, to: string): boolean {
  const uses = ROOMS.find(({ name }) => name === from)?.uses ?? [];
  return uses.includes(to) || uses.some((used) => reaches(used, to));
}
