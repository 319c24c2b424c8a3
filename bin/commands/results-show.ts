import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Command } from 'commander';
import { type Db, ObjectId } from 'mongodb';
import * as z from 'zod';
import { countFailures } from '../../lib/operator/failures.ts';
import {
  type DocumentView,
  documentsOf,
  exchangesOf,
  findResult,
  type ResultView,
} from '../../lib/operator/results.ts';
import { outcomeOf, resultCard, resultsHead } from '../../lib/operator/results-page.ts';
import { shotsOf } from '../../lib/operator/shots.ts';
import type { Card } from '../../lib/pages/card.ts';
import { pageOf } from '../../lib/pages/page.ts';
import manifest from '../../package.json' with { type: 'json' };
import { NotFoundError } from '../cli/exit.ts';
import { examples } from '../cli/group.ts';
import { oneTaskOf } from '../cli/one-task.ts';
import { jsonOption, optionsOf, wholeNumber, withJson } from '../cli/options.ts';
import { note, print } from '../cli/output.ts';
import { resultText } from '../cli/result-text.ts';
import { withSession } from '../cli/session.ts';

/** `sampler results show`: one task's scores, also as a page. */
export function resultsShowCommand(): Command {
  const command = new Command('show')
    .description('show how a task was scored; --html writes a page: what was asked, came back, was extracted, is right')
    .argument('<id>', 'id of the task, of its request or message, of an instance or a prompt')
    .option('--html <FILE>', 'write one self-contained page, sorted and filtered by outcome')
    .option('--limit <N>', 'documents on the page', '2000')
    .addHelpText(
      'after',
      examples('results show 6565a1f0c0ffee0123456789', 'results show 6565a1f0c0ffee0123456789 --html page.html'),
    );
  return withJson(command).action((id: string) => run(id, command));
}

async function run(given: string, command: Command): Promise<void> {
  const shape = { html: z.string().optional(), limit: wholeNumber('limit', 1) };
  const { json, html, limit } = optionsOf({ ...jsonOption, ...shape }, command);
  await withSession(['mongodbUri'], async ({ clients }) => {
    const db = clients.mongo().db();
    const id = (await oneTaskOf(db, given)) ?? given;
    const result = await findResult(db, id);
    if (result === null) throw new NotFoundError(await whyNone(db, id));
    if (html === undefined) {
      const documents: DocumentView[] = [];
      if (json) for await (const part of documentsOf(db, id)) documents.push(...part);
      const failures = json || !result.failed ? [] : await countFailures(documentsOf(db, id));
      print(json, { ...result, documents_list: documents }, () => resultText(result, failures));
      return;
    }
    const file = resolve(html);
    await pipeline(page(db, result, limit), createWriteStream(file));
    note(`written: ${file}`);
  });
}

/** Why there is no evaluation of a task, and what to do. */
async function whyNone(db: Db, id: string): Promise<string> {
  const task = ObjectId.isValid(id) ? await db.collection('tasks').findOne({ _id: new ObjectId(id) }) : null;
  if (task === null) return `no task ${id}; those that have scores are listed by: npx sampler results ls`;
  const framework = String(task['framework']);
  if (!framework.includes('lmeh')) return `${id} is a task of framework ${framework}, which is not scored here`;
  if (task['done'] !== true) return `${id} still waits for answers; it is scored within a minute of the last one`;
  return `no evaluation of ${id} yet; ask for it with: npx sampler evaluate ${id} --wait`;
}

/** The page in pieces, so that memory stays flat however many documents there are. */
async function* page(db: Db, result: ResultView, limit: number): AsyncGenerator<string> {
  const tally = { right: 0, partly: 0, wrong: 0, failed: 0 };
  let total = 0;
  for await (const part of documentsOf(db, result.id)) {
    for (const document of part) tally[outcomeOf(document)]++;
    total += part.length;
  }
  yield* pageOf(resultsHead(result, tally, Math.max(0, total - limit), manifest.version), cards(db, result, limit));
}

async function* cards(db: Db, { id, selected }: ResultView, limit: number): AsyncGenerator<Card, void, void> {
  const shots = await shotsOf(db, id);
  let left = limit;
  for await (const part of documentsOf(db, id)) {
    const shown = part.slice(0, left);
    if (shown.length === 0) break;
    left -= shown.length;
    const docIds = shown.map(({ doc_id }) => doc_id);
    const exchanges = await exchangesOf(db, id, docIds);
    for (const document of shown) yield resultCard(document, exchanges.get(document.doc_id), selected, shots);
  }
}
