import { PermanentError } from '../errors/errors.ts';
import { intFromText, orNull } from '../python/number.ts';
import { capitalize, strip } from '../python/text.ts';
import { type Doc, type PyValue, typeName } from '../python/value.ts';
import { textColumn, textListColumn } from './hook.ts';

/** `hellaswag/utils.process_docs`: adds `query`, `choices` and `gold`. */
export function processDocs(doc: Doc): Doc {
  const context = `${textColumn(doc, 'ctx_a')} ${capitalize(textColumn(doc, 'ctx_b'))}`;
  const processed = new Map(doc);
  processed.set('query', clean(`${textColumn(doc, 'activity_label')}: ${context}`));
  processed.set('choices', textListColumn(doc, 'endings').map(clean));
  processed.set('gold', goldOf(doc.get('label')));
  return processed;
}

/** `hellaswag/utils.preprocess`; the result is not stripped again. */
function clean(text: string): string {
  return withoutBrackets(strip(text).replaceAll(' [title]', '. ')).replaceAll('  ', ' ');
}

/** `re.sub(r"\[.*?\]", "", text)`, looking at each character a few times at most. */
function withoutBrackets(text: string): string {
  let kept = '';
  let at = 0;
  let close = -1;
  for (let open = text.indexOf('['); open >= 0; open = text.indexOf('[', open + 1)) {
    if (close < open) close = text.indexOf(']', open);
    if (close < 0) break;
    if (text.slice(open, close).includes('\n')) {
      // None that opens before the line's end closes within it.
      open = text.lastIndexOf('\n', close);
      continue;
    }
    kept += text.slice(at, open);
    at = close + 1;
    open = close;
  }
  return kept + text.slice(at);
}

/** Python's `int(label)`. */
function goldOf(label: PyValue | undefined): bigint {
  if (typeof label === 'bigint') return label;
  const gold = typeof label === 'string' ? orNull(() => intFromText(label)) : null;
  if (gold !== null) return gold;
  const found =
    label === undefined
      ? 'is missing'
      : typeof label === 'string'
        ? `holds "${label.slice(0, 20)}"`
        : `holds ${typeName(label)}`;
  throw new PermanentError('TemplateFailed', `Column "label" ${found}; it must hold the number of the right ending.`);
}
