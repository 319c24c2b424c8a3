import { excerptOf, type Findings } from './finding.ts';
import { type Check, digest, shownText } from './seen.ts';

/** Documents of a group that are named. */
const MAX_IDS = 10;

interface Group {
  readonly docIds: number[];
  count: number;
  readonly gold: string;
  readonly row: string;
  /** Whether it holds documents of different rows, and such whose gold answers differ. */
  rows: boolean;
  golds: boolean;
  excerpt: string;
}

/**
 * Documents that ask the same: one finding for each question that is asked of more than one row. What a function makes several
 * documents of, to give each one of a question's answers, is asked alike on purpose.
 */
export interface SamePrompts extends Check {
  /** How many documents ask this question, of those seen so far. */
  count(question: string): number;
}

/** Keeps a digest and an id per document, whatever their length. */
export function samePromptsCheck(findings: Findings): SamePrompts {
  // A document alone is its id and its gold answer; a group is made for the second.
  const alone = new Map<string, Pick<Group, 'gold' | 'row'> & { readonly docId: number }>();
  const groups = new Map<string, Group>();
  return {
    count(question) {
      const key = digest(question);
      return groups.get(key)?.count ?? (alone.has(key) ? 1 : 0);
    },
    see({ docId, row, question, golds }) {
      const key = digest(question);
      const gold = digest(golds.join('\u0000'));
      const first = alone.get(key);
      if (first === undefined) {
        alone.set(key, { docId, gold, row });
        return;
      }
      const group = groups.get(key) ?? {
        docIds: [first.docId],
        count: 1,
        gold: first.gold,
        row: first.row,
        rows: false,
        golds: false,
        excerpt: excerptOf(shownText(question)),
      };
      groups.set(key, group);
      group.count++;
      if (row !== group.row) {
        group.rows = true;
        group.golds ||= gold !== group.gold;
      }
      if (group.docIds.length < MAX_IDS) group.docIds.push(docId);
    },
    end(documents) {
      for (const [subject, { docIds, count, rows, golds, excerpt }] of groups) {
        if (!rows) continue;
        const who = count === documents ? `all ${count} documents` : `${count} documents`;
        const message = `${who} ask the same${golds ? ', and their gold answers differ' : ''}`;
        findings.add({ kind: 'same-prompt', subject, docIds, count, message, excerpt });
      }
    },
  };
}
