import { DigestSet, Digests, digestOf, Numbers } from './columns.ts';
import { excerptOf, type Findings } from './finding.ts';
import { type Check, shownText } from './seen.ts';

/** Documents of a group that are named. */
const MAX_IDS = 10;

/** Documents that ask the same. */
interface Group {
  readonly docIds: number[];
  count: number;
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

/** Keeps some hashes and an id of each question, whatever its length. */
export function samePromptsCheck(findings: Findings): SamePrompts {
  // A question that is asked once is a row of these; a group is made when it is asked again.
  const questions = new DigestSet();
  const firstIds = new Numbers();
  const firstGolds = new Digests();
  const firstRows = new Digests();
  const groups = new Map<number, Group>();
  return {
    count(question) {
      const at = questions.find(digestOf(question));
      return groups.get(at)?.count ?? (at < 0 ? 0 : 1);
    },
    see({ docId, row, question, golds }) {
      const at = questions.add(digestOf(question));
      const gold = digestOf(golds.join('\u0000'));
      const rowDigest = digestOf(row);
      if (at === firstIds.length) {
        firstIds.push(docId);
        firstGolds.push(gold);
        firstRows.push(rowDigest);
        return;
      }
      const group = groups.get(at) ?? {
        docIds: [firstIds.at(at)],
        count: 1,
        rows: false,
        golds: false,
        excerpt: excerptOf(shownText(question)),
      };
      groups.set(at, group);
      group.count++;
      if (!firstRows.is(at, rowDigest)) {
        group.rows = true;
        group.golds ||= !firstGolds.is(at, gold);
      }
      if (group.docIds.length < MAX_IDS) group.docIds.push(docId);
    },
    end(documents) {
      for (const [at, { docIds, count, rows, golds, excerpt }] of groups) {
        if (!rows) continue;
        const who = count === documents ? `all ${count} documents` : `${count} documents`;
        const message = `${who} ask the same${golds ? ', and their gold answers differ' : ''}`;
        findings.add({ kind: 'same-prompt', subject: questions.text(at), docIds, count, message, excerpt });
      }
    },
  };
}
