import type { PyValue } from '../../python/value.ts';
import { Markup } from './objects.ts';
import type { Runtime } from './runtime.ts';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' };

/** markupsafe's `escape`: text that is escaped already stays as it is. */
export function escapeHtml(value: PyValue, runtime: Runtime): string {
  if (value instanceof Markup) return value.text;
  return runtime.made(runtime.str(value).replace(/[&<>'"]/g, (character) => ENTITIES[character] ?? character));
}
