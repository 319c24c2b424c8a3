import type { PyValue } from '../../python/value.ts';
import { Markup } from './objects.ts';
import type { Runtime } from './runtime.ts';

const ENTITIES = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ["'", '&#39;'],
  ['"', '&#34;'],
] as const;

/** markupsafe's `escape`: text that is escaped already stays as it is. */
export function escapeHtml(value: PyValue, runtime: Runtime): string {
  if (value instanceof Markup) return value.text;
  let text = runtime.str(value);
  for (const [character, entity] of ENTITIES) {
    if (text.includes(character)) text = runtime.made(text.replaceAll(character, entity));
  }
  return runtime.made(text);
}
