import {
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
  YAMLException,
} from 'js-yaml';
import { readDoubleQuoted } from './double-quoted.ts';
import { resolvePlain, type ScalarTag } from './scalar.ts';

/** Nesting deeper than this is refused. */
const MAX_DEPTH = 50;
/** More nodes than this, aliases counted as what they stand for, are refused. */
const MAX_NODES = 100_000;
/** Longer texts are refused, in UTF-16 units. */
const MAX_LENGTH = 1_000_000;
/**
 * So are more marks that could begin a value: our parser makes an event of each before any of them can be counted. Text of a
 * million characters has a tenth of them, JSON in a text a fifth.
 */
const MAX_MARKS = 250_000;
const MARKS = /[[\]{},\n\r:?&*!-]/g;
/** How much text may be read, over all attempts, to repair lines that lack indentation. */
const MAX_REPAIR_WORK = 3_000_000;
const MORE_INDENT = ' '.repeat(40);
/** Characters that end a line in YAML 1.1, which PyYAML reads, but not in 1.2, which our parser reads. */
const OLD_LINE_BREAKS = /[\u0085\u2028\u2029]/;

/** Why a text is not YAML that PyYAML would load, or not YAML that we take. */
export class YamlError extends Error {
  override readonly name = 'YamlError';
}

/** A scalar with its type, or a function named by `!function`. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly tag: ScalarTag | 'function';
  readonly text: string;
}
/** A list. */
export interface SequenceNode {
  readonly kind: 'sequence';
  readonly items: readonly YamlNode[];
}
/** Keys with their values, in the order of the file. */
export interface MappingNode {
  readonly kind: 'mapping';
  readonly pairs: readonly (readonly [YamlNode, YamlNode])[];
}
/** A node of a YAML document; an alias is the very node that it stands for. */
export type YamlNode = ScalarNode | SequenceNode | MappingNode;

const SCALAR_TAGS: ReadonlyMap<string, ScalarTag> = new Map([
  ['null', 'null'],
  ['bool', 'bool'],
  ['int', 'int'],
  ['float', 'float'],
  ['str', 'str'],
  ['timestamp', 'timestamp'],
]);
const STANDARD_TAG = /^(?:!!|!<tag:yaml\.org,2002:)([a-z]+)>?$/;

/**
 * The one document of a YAML text as nodes, or null where there is none; the part of PyYAML's composer.
 * @throws YamlError for what PyYAML refuses as well (syntax, several documents, unknown or repeated anchors), for tags
 * other than YAML's own scalars and `!function`, and beyond the limits on size, depth and aliases.
 */
export function composeYaml(text: string): YamlNode | null {
  if (text.length > MAX_LENGTH) throw new YamlError(`it is longer than ${MAX_LENGTH} characters`);
  if (marksIn(text) > MAX_MARKS)
    throw new YamlError(`it has more than ${MAX_MARKS} of the marks by which values begin`);
  if (!text.isWellFormed()) throw new YamlError('it holds half a surrogate pair');
  if (OLD_LINE_BREAKS.test(text)) {
    throw new YamlError(
      'it holds U+0085, U+2028 or U+2029, which end a line in YAML 1.1; write them as escapes in double quotes',
    );
  }
  const parsed = parseAll(text.replace(/^\ufeff/, ''));
  return new Composer(parsed.text, parsed.events).document();
}

function marksIn(text: string): number {
  let marks = 0;
  MARKS.lastIndex = 0;
  while (marks <= MAX_MARKS && MARKS.test(text)) marks++;
  return marks;
}

/**
 * Parses, and where a line within quotes or brackets is less indented than our parser wants, which PyYAML does not mind,
 * indents that line: spaces in front of it mean nothing there.
 */
function parseAll(source: string): { text: string; events: Event[] } {
  let text = source;
  for (let read = 0; read <= MAX_REPAIR_WORK; read += text.length) {
    try {
      return { text, events: parseEvents(text, { maxDepth: MAX_DEPTH }) };
    } catch (error) {
      if (!(error instanceof YAMLException)) throw error;
      const line = error.reason === 'deficient indentation' && error.mark ? lineStart(text, error.mark.position) : null;
      if (line === null) throw new YamlError(reasonOf(error), { cause: error });
      text = text.slice(0, line) + MORE_INDENT + text.slice(line);
    }
  }
  throw new YamlError('too many lines within quotes or brackets lack indentation');
}

/** Where the line starts that could be indented, or null for `---` and `...`, which may not stand in a text. */
function lineStart(text: string, position: number): number | null {
  const start = Math.max(text.lastIndexOf('\n', position - 1), text.lastIndexOf('\r', position - 1)) + 1;
  return /^(---|\.\.\.)(\s|$)/.test(text.slice(start, start + 4)) ? null : start;
}

function reasonOf({ reason, mark }: YAMLException): string {
  return mark ? `${reason} (line ${mark.line + 1}, column ${mark.column + 1})` : reason;
}

class Composer {
  readonly #text: string;
  readonly #events: readonly Event[];
  readonly #anchors = new Map<string, { node: YamlNode | null; size: number }>();
  #at = 0;
  #flowDepth = 0;

  constructor(text: string, events: readonly Event[]) {
    this.#text = text;
    this.#events = events;
  }

  document(): YamlNode | null {
    if (this.#events.filter((event) => event.type === EVENT_ID.DOCUMENT).length > 1) {
      throw new YamlError('it holds several documents');
    }
    const start = this.#events[this.#at++];
    if (start?.type !== EVENT_ID.DOCUMENT || this.#events[this.#at]?.type === EVENT_ID.POP) return null;
    if (start.directives.some((directive) => directive.kind === 'tag')) throw new YamlError('it has a %TAG directive');
    return this.#node().node;
  }

  /** The next node, and how many nodes it stands for. */
  #node(): { node: YamlNode; size: number } {
    const event = this.#events[this.#at++];
    if (event === undefined || event.type === EVENT_ID.POP || event.type === EVENT_ID.DOCUMENT) {
      throw new YamlError('it ends in the middle');
    }
    if (event.type === EVENT_ID.ALIAS) return this.#alias(this.#slice(event.anchorStart, event.anchorEnd));
    const anchor = this.#slice(event.anchorStart, event.anchorEnd);
    if (anchor !== '') {
      if (this.#anchors.has(anchor)) throw new YamlError(`anchor &${anchor} stands there twice`);
      this.#anchors.set(anchor, { node: null, size: 0 });
    }
    const tag = this.#slice(event.tagStart, event.tagEnd);
    const result =
      event.type === EVENT_ID.SCALAR ? { node: this.#scalar(event, tag), size: 1 } : this.#collection(event, tag);
    if (result.size > MAX_NODES) throw new YamlError(`it stands for more than ${MAX_NODES} values`);
    if (anchor !== '') this.#anchors.set(anchor, result);
    return result;
  }

  #alias(anchor: string): { node: YamlNode; size: number } {
    const target = this.#anchors.get(anchor);
    if (target === undefined) throw new YamlError(`alias *${anchor} has no anchor`);
    if (target.node === null) throw new YamlError(`alias *${anchor} stands inside of what it stands for`);
    return { node: target.node, size: target.size };
  }

  #collection({ type, style }: SequenceEvent | MappingEvent, tag: string): { node: YamlNode; size: number } {
    const wanted = type === EVENT_ID.SEQUENCE ? 'seq' : 'map';
    const flow = style === COLLECTION_STYLE.FLOW ? 1 : 0;
    this.#flowDepth += flow;
    if (tag !== '' && tag !== '!' && STANDARD_TAG.exec(tag)?.[1] !== wanted)
      throw new YamlError(`tag ${tag} is not known`);
    const items: YamlNode[] = [];
    let size = 1;
    while (this.#events[this.#at]?.type !== EVENT_ID.POP) {
      const item = this.#node();
      items.push(item.node);
      size += item.size;
      if (size > MAX_NODES) break;
    }
    this.#at++;
    this.#flowDepth -= flow;
    if (wanted === 'seq') return { node: { kind: 'sequence', items }, size };
    const pairs: [YamlNode, YamlNode][] = [];
    for (let i = 0; i < items.length; i += 2) {
      const [key, value] = [items[i], items[i + 1]];
      if (key && value) pairs.push([key, value]);
    }
    return { node: { kind: 'mapping', pairs }, size };
  }

  #scalar(event: ScalarEvent, tag: string): ScalarNode {
    const value = this.#value(event);
    const text = this.#endsWithoutBreak(event) ? value.replace(/\n$/, '') : value;
    if (this.#flowDepth > 0 && event.style === SCALAR_STYLE.PLAIN && text.startsWith('?')) {
      throw new YamlError('a text within brackets starts with "?", which marks a key there; quote it');
    }
    return { kind: 'scalar', tag: this.#scalarTag(event, tag, text), text };
  }

  #scalarTag(event: ScalarEvent, tag: string, text: string): ScalarNode['tag'] {
    // "!" alone asks for no type of its own, but makes nothing into an empty text.
    if (tag === '!' && event.valueStart < 0) return 'str';
    if (tag === '' || tag === '!') return event.style === SCALAR_STYLE.PLAIN ? resolvePlain(text) : 'str';
    if (tag === '!function') return 'function';
    const known = SCALAR_TAGS.get(STANDARD_TAG.exec(tag)?.[1] ?? '');
    if (known === undefined) throw new YamlError(`tag ${tag} is not known`);
    return known;
  }

  #value(event: ScalarEvent): string {
    if (event.style !== SCALAR_STYLE.DOUBLE_QUOTED) return getScalarValue(this.#text, event);
    const value = readDoubleQuoted(this.#slice(event.valueStart, event.valueEnd));
    if (value !== null) return value;
    throw new YamlError('a text in double quotes holds an escape that is none, or that names no character');
  }

  /** A block that the text ends in, without a line break, has none to keep for PyYAML; our parser adds one. */
  #endsWithoutBreak({ style, valueEnd }: ScalarEvent): boolean {
    const isBlock = style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK;
    return isBlock && valueEnd >= this.#text.length && !/[\r\n]$/.test(this.#text);
  }

  #slice(start: number, end: number): string {
    return start < 0 ? '' : this.#text.slice(start, end);
  }
}
