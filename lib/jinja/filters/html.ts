/** Filters that have to do with HTML, URLs and JSON. */
import { dumps } from '../../python/json.ts';
import { compareCodePoints } from '../../python/sort.ts';
import { strip } from '../../python/text.ts';
import { WHITESPACE } from '../../python/unicode.ts';
import { isDict, PyTuple, type PyValue } from '../../python/value.ts';
import { typeFault, unsupportedFault, valueFault } from '../fault.ts';
import { isIterable } from '../values/attributes.ts';
import { pairsOf } from '../values/dict-methods.ts';
import { escapeHtml } from '../values/html.ts';
import { Markup, requireDefined, Undefined, unmarked } from '../values/objects.ts';
import type { Runtime, TemplateFilter } from '../values/runtime.ts';
import { filter } from './filter.ts';

/** What JSON within HTML must not hold, in the order in which it is replaced. */
const JSON_IN_HTML = [
  ['<', '\\u003c'],
  ['>', '\\u003e'],
  ['&', '\\u0026'],
  ["'", '\\u0027'],
] as const;
const SPACES = new RegExp(`[${WHITESPACE}]+`);

const escaping = (name: string) => filter(name, '', (value, _, runtime) => new Markup(escapeHtml(value, runtime)));

/** `urllib.parse.quote` of the text's UTF-8; in query strings `/` is quoted too and spaces become `+`. */
function quoteUrl(value: PyValue, inQuery: boolean, runtime: Runtime): string {
  const text = runtime.str(value);
  if (!text.isWellFormed()) throw valueFault('a half surrogate pair cannot be encoded');
  runtime.budget.text(text.length * 3);
  runtime.budget.perCharacter(text.length);
  const quoted = encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return inQuery ? quoted.replaceAll('%20', '+') : quoted.replaceAll('%2F', '/');
}

function urlEncode(value: PyValue, runtime: Runtime): string {
  const plain = unmarked(value);
  if (typeof plain === 'string' || !isIterable(plain, runtime)) return quoteUrl(plain, false, runtime);
  const pairs = pairsOf(plain, runtime).map(
    ([key, item]) => `${quoteUrl(key, true, runtime)}=${quoteUrl(item, true, runtime)}`,
  );
  return runtime.joined(pairs, '&');
}

/** Dicts with their keys in order, at any depth, as `json.dumps(sort_keys=True)` prints them. */
function sortedKeys(value: PyValue): PyValue {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (value instanceof PyTuple) return value.items.map(sortedKeys);
  if (!isDict(value)) return value;
  const keys = [...value.keys()];
  if (keys.length > 1 && !keys.every((key) => typeof key === 'string')) {
    throw unsupportedFault('tojson of a dict whose keys are no texts');
  }
  const order = (a: PyValue, b: PyValue) => compareCodePoints(String(a), String(b));
  return new Map(keys.sort(order).map((key) => [key, sortedKeys(value.get(key) ?? null)]));
}

function toJson(value: PyValue, runtime: Runtime): Markup {
  const plain = unmarked(value);
  if (plain instanceof Undefined) throw typeFault('an undefined value is not JSON serializable');
  runtime.weighPlain(plain);
  let json = dumps(sortedKeys(plain));
  runtime.budget.work(8 * json.length);
  for (const [character, escaped] of JSON_IN_HTML) json = json.replaceAll(character, escaped);
  return new Markup(runtime.made(json));
}

function attributes(value: PyValue, runtime: Runtime): string {
  requireDefined(value);
  if (!isDict(value)) throw typeFault('xmlattr needs a dict');
  const parts: string[] = [];
  for (const [key, item] of value) {
    if (item === null || item instanceof Undefined) continue;
    if (typeof key !== 'string') throw typeFault("an attribute's name must be a str");
    if (/[ \t-\r/>=]/.test(key)) throw valueFault("invalid character in an attribute's name");
    parts.push(`${escapeHtml(key, runtime)}="${escapeHtml(item, runtime)}"`);
  }
  return runtime.joined(parts, ' ');
}

function stripTags(text: string, runtime: Runtime): string {
  runtime.budget.work(16 * text.length);
  if (text.includes('&')) throw unsupportedFault('striptags on text with entities');
  let result = text;
  // Comments first, as they may hold tags, then tags; each from its opening to the next closing.
  for (const [open, close] of [
    ['<!--', '-->'],
    ['<', '>'],
  ] as const) {
    let rest = '';
    let at = 0;
    for (let start = result.indexOf(open); start !== -1; start = result.indexOf(open, at)) {
      const end = result.indexOf(close, start);
      if (end === -1) break;
      rest += result.slice(at, start);
      at = end + close.length;
    }
    result = rest + result.slice(at);
  }
  return strip(result).split(SPACES).join(' ');
}

/** By name, with their short names. */
export const HTML_FILTERS: [string, TemplateFilter][] = [
  escaping('escape'),
  escaping('e'),
  filter('forceescape', '', (value, _, runtime) => new Markup(escapeHtml(runtime.str(value), runtime))),
  filter('safe', '', (value, _, runtime) => (value instanceof Markup ? value : new Markup(runtime.str(value)))),
  filter('striptags', '', (value, _, runtime) => stripTags(runtime.str(value), runtime)),
  filter('urlencode', '', (value, _, runtime) => urlEncode(value, runtime)),
  filter('urlize', 'trim_url_limit nofollow target rel extra_schemes', () => {
    throw unsupportedFault("the filter 'urlize'");
  }),
  filter('xmlattr', 'autospace', (value, [autospace = true], runtime) => {
    const text = attributes(value, runtime);
    return text !== '' && runtime.truthy(autospace) ? ` ${text}` : text;
  }),
  filter('tojson', 'indent', (value, [indent = null], runtime) => {
    if (indent !== null) throw unsupportedFault('tojson with an indent');
    return toJson(value, runtime);
  }),
];
