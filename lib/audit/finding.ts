import { hash } from 'node:crypto';

/** What can be wrong with a task's questions, and what each kind means (docs/audit.md). */
export const KINDS = {
  refused: 'the task can not be asked so at all',
  unrenderable: 'a document that can not be rendered',
  unfilled: 'a placeholder that was never filled, or the name of a field in place of its value',
  'same-prompt': 'documents that ask the same',
  'near-equal': 'documents that ask nearly the same, with the same gold answer',
  'self-example': 'the question itself among its worked examples',
  'gold-in-example': 'the gold answer, which no other document has, in a worked example',
  'gold-not-a-choice': 'a gold answer that is none of the choices',
  'empty-choice': 'a choice without any text',
  'equal-choices': 'two choices that are the same',
  'many-stops': 'more stop sequences than servers take',
  'empty-stop': 'an empty stop sequence, which servers refuse',
  'stop-in-example': 'a stop sequence inside the answer of a worked example',
  'stop-at-gold': 'a stop sequence at the start of the gold answer',
  'too-long': 'prompts over the length given',
} as const;
/** One of them. */
export type Kind = keyof typeof KINDS;

/** Something that is wrong with a task's questions. What `--json` prints, and what a baseline holds. */
export interface Finding {
  readonly task: string;
  /** The task that is rendered in its place, where there is one. */
  readonly resolved_task: string;
  /** On which paths it shows. */
  readonly paths: readonly string[];
  readonly kind: Kind;
  /** The first documents that it concerns; none where it concerns the definition. */
  readonly doc_ids: readonly number[];
  /** How many documents it concerns. */
  readonly count: number;
  readonly message: string;
  /** A beginning of the text that shows it. */
  readonly excerpt: string;
  /** The same for the same thing in a later run, whatever ids its documents have by then. */
  readonly key: string;
}

/** Documents that a finding names. */
const MAX_IDS = 10;
/** Findings of one kind that are kept of one task; what is beyond is counted. */
const MAX_OF_A_KIND = 1_000;
const EXCERPT_CHARS = 240;
const KEY_DIGITS = 16;

/** What a check says of documents. `subject` is the text that makes it the same finding, whichever documents show it. */
export interface Observation {
  readonly kind: Kind;
  readonly subject: string;
  readonly docIds?: readonly number[];
  /** How many documents, where more than are named. */
  readonly count?: number;
  readonly message: string;
  readonly excerpt?: string;
}

/** Findings of one task on one path, as checks come upon them; memory is bounded whatever they come upon. */
export class Findings {
  readonly #task: { readonly task: string; readonly resolved_task: string; readonly path: string };
  readonly #found = new Map<string, Finding & { doc_ids: number[]; count: number }>();
  readonly #perKind = new Map<Kind, number>();
  readonly #left = new Map<Kind, number>();

  constructor(task: string, resolvedTask: string, path: string) {
    this.#task = { task, resolved_task: resolvedTask, path };
  }

  /** Notes what was seen; the same thing of further documents adds these to it. */
  add({ kind, subject, docIds = [], count = docIds.length, message, excerpt = '' }: Observation): void {
    const { task, resolved_task, path } = this.#task;
    const key = hash('sha256', JSON.stringify([task, kind, subject.toWellFormed()]), 'hex').slice(0, KEY_DIGITS);
    const known = this.#found.get(key);
    if (known !== undefined) {
      known.count += count;
      known.doc_ids.push(...docIds.slice(0, MAX_IDS - known.doc_ids.length));
      return;
    }
    const ofKind = this.#perKind.get(kind) ?? 0;
    if (ofKind >= MAX_OF_A_KIND) {
      this.#left.set(kind, (this.#left.get(kind) ?? 0) + 1);
      return;
    }
    this.#perKind.set(kind, ofKind + 1);
    const doc_ids = docIds.slice(0, MAX_IDS);
    this.#found.set(key, {
      task,
      resolved_task,
      paths: [path],
      kind,
      doc_ids,
      count,
      message,
      excerpt: excerptOf(excerpt),
      key,
    });
  }

  /** All of them, in the order in which they were come upon; of a kind that has too many, how many more. */
  all(): Finding[] {
    const { task, resolved_task, path } = this.#task;
    const left = [...this.#left].map(([kind, count]) => ({
      task,
      resolved_task,
      paths: [path],
      kind,
      doc_ids: [],
      count,
      message: `${count} more of this kind`,
      excerpt: '',
      key: hash('sha256', JSON.stringify([task, kind, 'more']), 'hex').slice(0, KEY_DIGITS),
    }));
    return [...this.#found.values(), ...left];
  }
}

/** Findings of several paths as one list: what shows on both is told once. */
export function mergePaths(lists: readonly (readonly Finding[])[]): Finding[] {
  const merged = new Map<string, Finding>();
  for (const finding of lists.flat()) {
    const known = merged.get(finding.key);
    const more = known && finding.count > known.count ? finding : known;
    merged.set(finding.key, known && more ? { ...more, paths: [...known.paths, ...finding.paths] } : finding);
  }
  return [...merged.values()];
}

/** The beginning of a text, in one line. */
export function excerptOf(text: string): string {
  // Cut first: texts can be long. Twice the length, as blanks are drawn together.
  const line = text
    .slice(0, 4 * EXCERPT_CHARS)
    .toWellFormed()
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...line];
  return characters.length > EXCERPT_CHARS ? `${characters.slice(0, EXCERPT_CHARS).join('')} ...` : line;
}
