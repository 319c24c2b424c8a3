import { BAD_MODEL, whyNoAnswer } from '../evaluate/classify.ts';
import { type Block, type Card, cutForPage, type Outcome } from '../pages/card.ts';
import type { PageHead } from '../pages/page.ts';
import type { DocumentView, Exchange, ResultView } from './results.ts';

/** Of a body that is no answer at all, nearly everything is missing. */
const SHOWN_PROBLEMS = 8;

/** How many documents came out how. */
export type Tally = Readonly<Record<Outcome, number>>;

/** How a document came out: its score is 1, between, 0, or its response could not be scored. */
export function outcomeOf({ status_code, score }: DocumentView): Outcome {
  if (status_code !== 0) return 'failed';
  return score >= 1 ? 'right' : score > 0 ? 'partly' : 'wrong';
}

/** What stands above the documents: what was evaluated, its numbers, a chart. `left` documents are not on the page. */
export function resultsHead(result: ResultView, tally: Tally, left: number, sampler = ''): PageHead {
  const { selected, metrics } = result;
  const rows = metrics.map(({ filter, metric, mean, stderr, documents }) => {
    const counts = filter === selected?.filter && (selected.metric ?? metric) === metric;
    const numbers = [mean, stderr].map((value) => (value === null ? '' : value.toFixed(4)));
    return [filter, metric, ...numbers, String(documents), counts ? 'is the score' : ''];
  });
  const head = ['filter', 'metric', 'mean', 'stderr', 'documents', ''];
  const problems = [
    ...(result.error ? [`${result.error.code}: ${result.error.message}`] : []),
    ...(left > 0 ? [`${left} more document${left === 1 ? ' is' : 's are'} not on this page (--limit).`] : []),
  ];
  return {
    title: `${result.task ?? result.id}: ${result.state}`,
    facts: [
      ['asked by', result.resolved_task === result.task ? null : result.resolved_task],
      ['supplier', result.address && `${result.address} (${result.service})`],
      ['seed', result.seed],
      ['harness', result.harness && `lm-eval ${result.harness}`],
      ['sampler', sampler],
      ['evaluated', result.updated_at],
      ['task id', result.id],
    ],
    problems,
    tally,
    ...(rows.length === 0 ? {} : { table: { head, rows, right: [2, 3, 4] } }),
  };
}

/** One document: what was asked, came back, was extracted, and is right. */
export function resultCard(
  document: DocumentView,
  exchange: Exchange | undefined,
  selected: ResultView['selected'],
  shots: ShotsOf | null = null,
): Card {
  const outcome = outcomeOf(document);
  const { doc_id, score, run_time, status_code, error_str, gold, filters } = document;
  const blocks: Block[] = [];
  if (error_str !== '') {
    const why = [error_str, ...(error_str === BAD_MODEL ? problemsOf(exchange) : [])].join('\n');
    blocks.push({ kind: 'text', label: 'why', text: cutForPage(why), mark: 'bad' });
  }
  if (exchange) blocks.push(...askedBlocks(exchange, gold, shots));
  const several = (exchange?.asked.length ?? 0) > 1;
  const answers = (exchange?.responses ?? []).map((body) => textBlock('came back', several ? body : answerOf(body)));
  // Of choices only numbers come back, and of each a whole body.
  blocks.push(...(several && answers.length > 0 ? [fold('what came back', answers)] : answers));
  for (const { filter, extracted, metrics } of filters) {
    blocks.push({
      kind: 'extracted',
      filter,
      selected: filter === selected?.filter,
      text: extracted,
      metrics: metrics.map(({ metric, value }) => [metric, String(value)] as const),
    });
  }
  if (gold !== null) blocks.push({ kind: 'text', label: 'gold', text: cutForPage(gold), mark: 'gold' });
  return {
    title: `Document ${doc_id}`,
    about: run_time === 0 ? '' : `${run_time} ms`,
    group: '',
    outcome,
    word: outcome === 'failed' ? `failed, code ${status_code}` : `${outcome}, ${score}`,
    sort: { id: doc_id, score: outcome === 'failed' ? -1 : score, time: run_time },
    blocks,
  };
}

/** How worked examples stand in a task's prompts. */
export interface ShotsOf {
  readonly count: number;
  readonly delimiter: string;
}

/** That error is the Python evaluator's, word for word, and names nothing: what the bodies lack, for a reader. */
function problemsOf(exchange: Exchange | undefined): string[] {
  const path = exchange?.asked[0]?.context.startsWith('[{') ? '/v1/chat/completions' : '/v1/completions';
  const problems = new Set((exchange?.responses ?? []).flatMap((body) => whyNoAnswer(path, body)));
  return problems.size === 0 ? [] : [`As an answer of ${path}: ${[...problems].slice(0, SHOWN_PROBLEMS).join('; ')}`];
}

function askedBlocks({ asked }: Exchange, gold: string | null, shots: ShotsOf | null): Block[] {
  const [first] = asked;
  if (first === undefined) return [];
  const turns = turnsOf(first.context);
  const before = turns.slice(0, -1);
  const last = turns.at(-1);
  const blocks: Block[] = before.length === 0 ? [] : [fold('what stood before', before)];
  if (last?.kind === 'turn') {
    const [examples, question] = last.role === 'prompt' ? splitShots(last.text, shots) : ['', last.text];
    if (examples !== '') blocks.push(fold('what stood before', [{ kind: 'turn', role: 'examples', text: examples }]));
    blocks.push({ ...last, role: last.role === 'prompt' ? 'asked' : last.role, text: question });
  }
  if (asked.length > 1) {
    const choices = asked.map(({ continuation }, at) => ({
      text: continuation ?? '',
      gold: gold !== null && (gold === String(at) || gold === continuation || gold === continuation?.trim()),
    }));
    blocks.push({ kind: 'choices', label: 'choices', choices });
  }
  return blocks;
}

/** The messages of a chat, or a prompt's text. */
function turnsOf(context: string): Block[] {
  const whole: Block[] = [{ kind: 'turn', role: 'prompt', text: cutForPage(context) }];
  if (!context.startsWith('[')) return whole;
  try {
    const messages: unknown = JSON.parse(context);
    if (!Array.isArray(messages) || messages.some((message) => typeof message?.content !== 'string')) return whole;
    return messages.map((message) => ({ kind: 'turn', role: String(message.role), text: cutForPage(message.content) }));
  } catch {
    return whole;
  }
}

/** The worked examples of a text and its question, where the delimiter tells exactly as many apart as were asked for. */
function splitShots(text: string, shots: ShotsOf | null): [string, string] {
  if (shots === null || shots.count === 0 || shots.delimiter === '') return ['', text];
  const parts = text.split(shots.delimiter);
  // The description may end in the delimiter as well.
  const extra = parts.length - shots.count - 1;
  if (extra !== 0 && extra !== 1) return ['', text];
  return [parts.slice(0, -1).join(shots.delimiter), parts.at(-1) ?? ''];
}

/** The text of a response, else its body. */
function answerOf(body: string): string {
  try {
    const parsed = JSON.parse(body);
    const choice = parsed?.choices?.[0];
    const text = choice?.message?.content ?? choice?.text;
    return typeof text === 'string' ? text : body;
  } catch {
    return body;
  }
}

function textBlock(label: string, text: string): Block {
  return { kind: 'text', label, text: cutForPage(text) };
}

function fold(label: string, blocks: readonly Block[]): Block {
  return { kind: 'fold', label, blocks };
}
