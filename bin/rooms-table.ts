import rooms from '../lib/rooms.json' with { type: 'json' };

const BEGIN = '<!-- Written by `npm run docs` from lib/rooms.json. -->';
const END = '<!-- End of what `npm run docs` writes. -->';

/** A folder of `lib/`: what it is for, and the rooms that it may import from. */
export interface Room {
  readonly name: string;
  readonly what: string;
  readonly uses: readonly string[];
}

/** All rooms, those above which use those below. */
export const ROOMS: readonly Room[] = Object.entries(rooms).map(([name, room]) => ({ name, ...room }));

/** The page with the table of rooms as lib/rooms.json has it. @throws Error where the page has no place for it */
export function withRooms(page: string): string {
  const start = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error(`the page has no "${BEGIN}" with an "${END}" after it`);
  return `${page.slice(0, start)}${BEGIN}\n${table()}\n${page.slice(end)}`;
}

function table(): string {
  const rows = ROOMS.map(({ name, what, uses }) => `| ${name} | ${what} | ${uses.join(', ') || '-'} |`);
  return ['| room | what it is for | may use |', '|---|---|---|', ...rows].join('\n');
}
