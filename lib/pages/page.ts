import { createHash } from 'node:crypto';
import type { Card, Outcome } from './card.ts';
import { escapeHtml, scriptJson } from './html.ts';
import { SCRIPT } from './script.ts';
import { STYLE } from './style.ts';

/** What stands above the cards. */
export interface PageHead {
  readonly title: string;
  /** What the page is of, in words and values; those without a value are left out. */
  readonly facts: readonly (readonly [name: string, value: string | number | null | undefined])[];
  /** What went wrong or is not shown, a paragraph each. */
  readonly problems?: readonly string[];
  /** How many cards there are of each outcome, where they have one. */
  readonly tally?: Readonly<Record<Outcome, number>>;
  /** A table of numbers: the columns in `right` are aligned by their digits. */
  readonly table?: {
    readonly head: readonly string[];
    readonly rows: readonly (readonly string[])[];
    readonly right: readonly number[];
  };
  /** The groups of cards, where there are several. */
  readonly groups?: readonly string[];
}

const OUTCOMES: readonly Outcome[] = ['right', 'partly', 'wrong', 'failed'];
const SORTS = [
  ['id 1', 'in order'],
  ['score 1', 'worst first'],
  ['time -1', 'slowest first'],
] as const;
/** Cards in one part of the data; a part is read as a whole. */
const PART_CARDS = 50;

/**
 * A page of cards in pieces, so that memory stays flat however many there are. It needs nothing from outside, runs no script but
 * its own, and shows every text as text.
 */
export async function* pageOf(
  head: PageHead,
  cards: AsyncIterable<Card> | Iterable<Card>,
): AsyncGenerator<string, void, void> {
  const hash = createHash('sha256').update(SCRIPT).digest('base64');
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'">
<title>${escapeHtml(head.title)}</title>
<style>${STYLE}</style>
</head>
<body>
${headerOf(head)}
${barOf(head)}
<main class="wide"><noscript>This page shows its cards by a script.</noscript></main>
<footer class="wide"><kbd>j</kbd> <kbd>k</kbd> next and previous document · <kbd>o</kbd> unfold · <kbd>/</kbd> search · <kbd>Esc</kbd> clear</footer>
`;
  const index: unknown[] = [];
  let part: Card['blocks'][] = [];
  let parts = 0;
  const written = () => {
    const data = `<script type="application/json" data-cards>${scriptJson(part.map((blocks) => ({ blocks })))}</script>\n`;
    part = [];
    parts++;
    return data;
  };
  for await (const { title, word, about, group, outcome, sort, blocks } of cards) {
    index.push([parts, part.length, title, word, about, group, outcome, sort.id, sort.score, sort.time]);
    part.push(blocks);
    if (part.length === PART_CARDS) yield written();
  }
  if (part.length > 0) yield written();
  yield `<script type="application/json" id="index">${scriptJson(index)}</script>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function headerOf({ title, facts, problems = [], tally, table }: PageHead): string {
  const shown = facts.filter(([, value]) => value !== null && value !== undefined && value !== '');
  return `<header class="wide">
<h1>${escapeHtml(title)}</h1>
<dl>${shown.map(([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(String(value))}</dd></div>`).join('')}</dl>
${problems.map((problem) => `<p class="problem">${escapeHtml(problem)}</p>`).join('\n')}
${tally ? chart(tally) : ''}
${table ? tableOf(table) : ''}
</header>`;
}

function tableOf({ head, rows, right }: NonNullable<PageHead['table']>): string {
  const cell = (tag: string, text: string, at: number) =>
    `<${tag}${right.includes(at) ? ' class="n"' : text === 'is the score' ? ' class="is"' : ''}>${escapeHtml(text)}</${tag}>`;
  const row = (tag: string, cells: readonly string[]) =>
    `<tr>${cells.map((text, at) => cell(tag, text, at)).join('')}</tr>`;
  return `<table><thead>${row('th', head)}</thead><tbody>${rows.map((cells) => row('td', cells)).join('')}</tbody></table>`;
}

function chart(tally: Readonly<Record<Outcome, number>>): string {
  const total = OUTCOMES.reduce((sum, outcome) => sum + tally[outcome], 0);
  if (total === 0) return '';
  let at = 0;
  const bars = OUTCOMES.map((outcome) => {
    const width = (100 * tally[outcome]) / total;
    const bar = `<rect class="${outcome}" x="${at}" y="0" width="${width}" height="10"><title>${outcome}: ${tally[outcome]}</title></rect>`;
    at += width;
    return bar;
  });
  const label = OUTCOMES.map((outcome) => `${outcome} ${tally[outcome]}`).join(', ');
  return `<svg class="chart" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${label}">${bars.join('')}</svg>`;
}

function barOf({ tally, groups = [] }: PageHead): string {
  const options = groups.map((name) => `<option value="${escapeHtml(name)}">${escapeHtml(name)}</option>`).join('');
  const select =
    groups.length > 1
      ? `<select aria-label="task"><option value="">all ${groups.length} tasks</option>${options}</select>`
      : '';
  const sorts = SORTS.map(
    ([key, name], at) => `<button type="button" data-sort="${key}" aria-pressed="${at === 0}">${name}</button>`,
  );
  return `<div class="bar"><div class="wide"><input type="search" placeholder="search" aria-label="search">${select}${tally ? outcomeButtons(tally) + sorts.join('') : ''}<output></output></div></div>`;
}

function outcomeButtons(tally: Readonly<Record<Outcome, number>>): string {
  const total = OUTCOMES.reduce((sum, outcome) => sum + tally[outcome], 0);
  const one = (outcome: string, count: number) =>
    `<button type="button" class="${outcome}" data-outcome="${outcome}" aria-pressed="${outcome === 'all'}">${outcome} ${count}</button>`;
  return [one('all', total), ...OUTCOMES.filter((name) => tally[name] > 0).map((name) => one(name, tally[name]))].join(
    '',
  );
}
