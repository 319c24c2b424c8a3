import { distance } from 'fastest-levenshtein';
import type { FieldSource, TaskConfig } from '../catalogue/task-config.ts';
import { templateFacts } from '../jinja/facts.ts';
import type { Findings } from './finding.ts';
import { type Check, type Seen, shownText } from './seen.ts';

/** A misspelt name differs by so many characters. */
const MAX_TYPOS = 2;

interface NamedField {
  readonly name: string;
  readonly source: string;
}

/**
 * Placeholders in the style of other libraries (`{premise}`), which are plain text here, and names of fields that are none, which
 * then are the text themselves. Braces around what is no field's name are nobody's placeholder: LaTeX and code are full of them.
 */
export function unfilledCheck(findings: Findings, config: TaskConfig): Check {
  const literal = new Map<string, string>();
  const shown = new Map<string, { count: number; readonly docIds: number[]; excerpt: string }>();
  let examined = false;
  let names: RegExp | null = null;
  return {
    see(seen) {
      if (!examined) {
        examined = true;
        const columns = [...seen.doc.keys()].map(String).filter((name) => name !== '__id');
        names = placeholder(columns);
        for (const field of fieldsOf(config)) {
          if (columns.includes(field.source)) continue;
          const facts = templateFacts(field.source);
          for (const text of facts?.texts ?? []) {
            for (const name of placeholdersIn(text, names)) literal.set(name, field.name);
          }
          if (facts?.constant) lookAtWord(findings, field, columns, seen);
        }
      }
      if (names === null) return;
      for (const name of new Set(placeholdersIn(seen.question, names))) {
        const known = shown.get(name) ?? { count: 0, docIds: [], excerpt: shownText(seen.question) };
        shown.set(name, known);
        known.count++;
        if (known.docIds.length < 10) known.docIds.push(seen.docId);
      }
    },
    end(documents) {
      const all = new Map(literal);
      // Where a function makes the text, what every document shows comes from there.
      for (const [name, { count }] of shown) {
        if (count === documents && documents > 1 && !all.has(name)) all.set(name, 'the text of every document');
      }
      for (const [name, field] of all) {
        const { docIds = [], count = 0, excerpt = '' } = shown.get(name) ?? {};
        const message = `${field} holds {${name}} as plain text; a field's value is written {{${name}}}`;
        findings.add({ kind: 'unfilled', subject: `${field} {${name}}`, docIds, count, message, excerpt });
      }
    },
  };
}

function fieldsOf(config: TaskConfig): NamedField[] {
  const { doc_to_text, doc_to_target, doc_to_choice, gen_prefix, description, fewshot_config: own } = config;
  const fields: Record<string, FieldSource> = { doc_to_text, doc_to_target, doc_to_choice, gen_prefix, description };
  for (const name of ['doc_to_text', 'doc_to_target', 'doc_to_choice'] as const) {
    if (own?.[name] != null) fields[`fewshot_config.${name}`] = own[name];
  }
  return Object.entries(fields).flatMap(([name, source]) => (typeof source === 'string' ? { name, source } : []));
}

/** One word that is no column: the author meant a column's value, and gets the word for every document. */
function lookAtWord(findings: Findings, { name, source }: NamedField, columns: readonly string[], seen: Seen): void {
  const word = source.trim();
  const isText = name.endsWith('doc_to_text');
  if (!/^[A-Za-z_]\w*$/.test(word) || !(isText || name.endsWith('doc_to_target'))) return;
  const like = columns
    .map((column) => ({ column, typos: distance(word.toLowerCase(), column.toLowerCase()) }))
    .filter(({ typos }) => typos <= MAX_TYPOS && typos < word.length / 2)
    .sort((a, b) => a.typos - b.typos)[0]?.column;
  // A gold answer may be one and the same word for all documents; then it is a choice, or like no column.
  if (!isText && (like === undefined || seen.labelled.choices?.includes(word))) return;
  const meant = like === undefined ? `the columns are ${columns.slice(0, 12).join(', ')}` : `did you mean ${like}?`;
  const message = `${name} is the word ${JSON.stringify(word)} for every document, as no column has that name; ${meant}`;
  findings.add({ kind: 'unfilled', subject: `${name} ${word}`, message, excerpt: `${name}: ${source}` });
}

/** `{name}` of these names, where neither another brace nor LaTeX's commands, `^` or `_` stand at it. */
function placeholder(columns: readonly string[]): RegExp | null {
  const words = columns.filter((name) => /^[A-Za-z_]\w*$/.test(name));
  if (words.length === 0) return null;
  return new RegExp(`(?<![{}^_\\\\]|\\\\[A-Za-z]{1,40}\\*?)\\{\\s?(${words.join('|')})\\s?\\}(?!\\})`, 'g');
}

function placeholdersIn(text: string, names: RegExp | null): string[] {
  return names === null ? [] : [...text.matchAll(names)].flatMap(([, name]) => name ?? []);
}
