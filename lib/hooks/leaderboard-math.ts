import type { Doc } from '../python/value.ts';
import { textColumn } from './hook.ts';

const INVALID_ANSWER = '[invalidanswer]';

/** `leaderboard/math/utils.doc_to_text`. */
export function docToText(doc: Doc): string {
  return `Problem:\n${textColumn(doc, 'problem')}\n\nSolution:`;
}

/**
 * `leaderboard/math/utils.process_docs`: keeps the rows of the hardest level and adds `answer`, the content of the
 * solution's last box. New columns stand at the end, old ones keep their places.
 */
export function processDocs(doc: Doc): Doc | null {
  if (doc.get('level') !== 'Level 5') return null;
  const processed = new Map(doc);
  processed.set('answer', answerOf(textColumn(doc, 'solution')));
  return processed;
}

/** What stands in the last `\boxed` of a solution, as `remove_boxed(last_boxed_only_string(solution))` finds it. */
export function answerOf(solution: string): string {
  return removeBoxed(lastBoxed(solution));
}

function lastBoxed(text: string): string {
  const spaced = text.lastIndexOf('\\boxed ');
  if (spaced >= 0) return `\\boxed ${text.slice(spaced + '\\boxed '.length).split('$')[0] ?? ''}`;
  let start = text.lastIndexOf('\\boxed');
  if (start < 0) start = text.lastIndexOf('\\fbox');
  if (start < 0) return INVALID_ANSWER;
  let open = 0;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') open++;
    if (text[i] !== '}') continue;
    open--;
    if (open === 0) return text.slice(start, i + 1);
  }
  return INVALID_ANSWER;
}

function removeBoxed(boxed: string): string {
  if (boxed.includes('\\boxed ')) {
    return boxed.startsWith('\\boxed ') ? boxed.slice('\\boxed '.length) : INVALID_ANSWER;
  }
  return boxed.startsWith('\\boxed{') && boxed.endsWith('}') ? boxed.slice('\\boxed{'.length, -1) : INVALID_ANSWER;
}
