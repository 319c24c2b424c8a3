import { loads } from '../python/json.ts';
import { JsonScanner } from './json-scanner.ts';

/** Characters that one value may have: it is held as a whole. */
export const MAX_VALUE = 64 << 20;

/** The text of one value of a file, and where it begins. */
export interface ValueText {
  readonly text: string;
  readonly line: number;
}

/** Makes the error of what is wrong with a file, given as the end of a sentence about it. */
export type Refuse = (why: string) => Error;

/** Pieces of text of which a value is made once its end is found. */
class Gathered {
  #pieces: string[] = [];
  #length = 0;
  readonly #refuse: Refuse;
  line = 1;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  add(piece: string): void {
    this.#length += piece.length;
    if (this.#length > MAX_VALUE) {
      throw this.#refuse(`what begins in line ${this.line} has more than ${MAX_VALUE} characters`);
    }
    if (piece !== '') this.#pieces.push(piece);
  }

  take(nextLine: number): ValueText {
    const text = this.#pieces.join('');
    const { line } = this;
    // Of blanks between values those in front of the next one count as its lines.
    const skipped = /^\s*/.exec(text)?.[0].split('\n').length ?? 1;
    this.#pieces = [];
    this.#length = 0;
    this.line = nextLine;
    return { text, line: line + skipped - 1 };
  }
}

/** The values of a file one after the other, as in JSON lines: each ends with its last bracket, in whichever line. */
export async function* valuesIn(pieces: AsyncIterable<string>, refuse: Refuse): AsyncGenerator<ValueText> {
  const scanner = new JsonScanner();
  const gathered = new Gathered(refuse);
  for await (const piece of pieces) {
    let from = 0;
    for (const { sign, at, depth } of scanner.scan(piece)) {
      if (depth > 0 || (sign !== '}' && sign !== ']')) continue;
      gathered.add(piece.slice(from, at + 1));
      from = at + 1;
      yield gathered.take(scanner.line);
    }
    gathered.add(piece.slice(from));
  }
  const rest = gathered.take(scanner.line);
  if (rest.text.trim() !== '') yield rest;
}

/** The items of the list that a file is. @throws what `refuse` makes, where the list does not end or something follows it */
export async function* itemsIn(pieces: AsyncIterable<string>, refuse: Refuse): AsyncGenerator<ValueText> {
  const scanner = new JsonScanner();
  const gathered = new Gathered(refuse);
  let state: 'before' | 'items' | 'after' = 'before';
  let count = 0;
  for await (const piece of pieces) {
    let from = 0;
    for (const { sign, at, depth } of scanner.scan(piece)) {
      if (state === 'items' && !(depth === 0 || (depth === 1 && sign === ','))) continue;
      if (state === 'after') throw refuse('something follows its list');
      gathered.add(piece.slice(from, at));
      from = at + 1;
      const item = gathered.take(scanner.line);
      if (state === 'before') {
        state = 'items';
        continue;
      }
      if (sign === '}') throw refuse(`line ${scanner.line}: a list ends with }`);
      if (sign === ']') state = 'after';
      // An empty list has no item; what is empty beside a comma is none either, which reading it tells.
      if (sign === ',' || count > 0 || item.text.trim() !== '') yield item;
      count++;
    }
    gathered.add(piece.slice(from));
  }
  if (state !== 'after') throw refuse('its list does not end: the file is cut off');
  if (gathered.take(scanner.line).text.trim() !== '') throw refuse('something follows its list');
}

/** Where in an object a reader stands that looks for a member. */
type Member = 'before' | 'key' | 'passed over' | 'wanted' | 'found';
/** Where it stands behind the value. */
const BEHIND: Readonly<Record<Member, Member>> = {
  before: 'key',
  key: 'key',
  'passed over': 'key',
  wanted: 'found',
  found: 'found',
};

/** The text of a member of the object that a file is, in pieces. @throws what `refuse` makes, where there is none */
export async function* memberIn(pieces: AsyncIterable<string>, field: string, refuse: Refuse): AsyncGenerator<string> {
  const scanner = new JsonScanner();
  const key = new Gathered(refuse);
  const missing = () => refuse(`it has no field ${JSON.stringify(field)}`);
  let state: Member = 'before';
  let found = false;
  for await (const piece of pieces) {
    let from = 0;
    for (const { sign, at, depth } of scanner.scan(piece)) {
      if (state === 'before') {
        if (sign !== '{') throw missing();
        state = 'key';
        from = at + 1;
      } else if (state === 'key' && depth === 1 && sign === ':') {
        key.add(piece.slice(from, at));
        state = isKey(key.take(scanner.line).text, field) ? 'wanted' : 'passed over';
        from = at + 1;
      } else if (depth === 1 ? sign === ',' : depth === 0) {
        if (state === 'wanted') yield piece.slice(from, at);
        found ||= state === 'wanted';
        state = BEHIND[state];
        from = at + 1;
      }
    }
    if (state === 'wanted') yield piece.slice(from);
    if (state === 'key') key.add(piece.slice(from));
  }
  if (scanner.open) throw refuse('it is no JSON: the file is cut off');
  if (!found) throw missing();
}

function isKey(text: string, field: string): boolean {
  try {
    return loads(text) === field;
  } catch {
    return false;
  }
}
