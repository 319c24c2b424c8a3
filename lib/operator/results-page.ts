import { createHash } from 'node:crypto';
import type { DocumentView, Exchange, ResultView } from './results.ts';

/** How a document came out, for filtering. */
export type Outcome = 'right' | 'partly' | 'wrong' | 'failed';
const OUTCOMES: readonly Outcome[] = ['right', 'partly', 'wrong', 'failed'];

/** Texts longer than this are cut on the page. */
const MAX_SHOWN = 20_000;

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; --right: #2e8b57; --partly: #b8860b; --wrong: #c0392b; --failed: #7f8c8d; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; }
h1 { font-size: 1.4rem; margin: .2rem 0; } h2 { font-size: 1.05rem; margin: 0; }
.meta { color: #888; font-size: .9rem; margin: .1rem 0 .8rem; }
.chart { border-radius: .3rem; display: block; height: 1.6rem; width: 100%; }
.right { --c: var(--right); } .partly { --c: var(--partly); } .wrong { --c: var(--wrong); } .failed { --c: var(--failed); }
rect { fill: var(--c); }
table { border-collapse: collapse; margin: .6rem 0; } td, th { padding: .1rem .9rem .1rem 0; text-align: left; } td.n { font-variant-numeric: tabular-nums; text-align: right; }
.bar { align-items: center; background: Canvas; display: flex; flex-wrap: wrap; gap: .4rem .8rem; padding: .5rem 0; position: sticky; top: 0; z-index: 1; }
.bar button { background: #8882; border: 1px solid #8886; border-radius: 1rem; color: inherit; cursor: pointer; font: inherit; padding: .1rem .8rem; }
.bar button[aria-pressed=true] { background: var(--c, #48c); border-color: transparent; color: #fff; }
article { border-left: 4px solid var(--c); border-top: 1px solid #8884; content-visibility: auto; contain-intrinsic-size: auto 14rem; margin: 0 0 .8rem; padding: .5rem .8rem; }
article h2 span { color: var(--c); }
pre { background: #8881; border-radius: .3rem; font: 13px/1.45 ui-monospace, monospace; margin: .15rem 0 .6rem; max-height: 24rem; overflow: auto; overflow-wrap: anywhere; padding: .6rem; white-space: pre-wrap; }
.label { color: #888; font-size: .8rem; letter-spacing: .04em; text-transform: uppercase; }
.extracted { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: .3rem 0; }
code { background: #8882; border-radius: .2rem; overflow-wrap: anywhere; padding: .05rem .3rem; }
details { margin: .3rem 0; } summary { cursor: pointer; }
@media print { .bar { display: none; } pre { max-height: none; } }
`;

/** Filters by outcome and sorts; without it the page shows everything by id. */
const SCRIPT = `
const list = document.querySelector('main');
const cards = [...list.children];
const pick = (buttons, one) => { for (const b of buttons) b.setAttribute('aria-pressed', String(b === one)); };
const filters = [...document.querySelectorAll('[data-outcome]')];
const sorts = [...document.querySelectorAll('[data-sort]')];
for (const button of filters) button.addEventListener('click', () => {
  pick(filters, button);
  const wanted = button.dataset.outcome;
  for (const card of cards) card.hidden = wanted !== 'all' && !card.classList.contains(wanted);
});
for (const button of sorts) button.addEventListener('click', () => {
  pick(sorts, button);
  const [key, sign] = button.dataset.sort.split(' ');
  cards.sort((a, b) => Number(sign) * (a.dataset[key] - b.dataset[key]) || a.dataset.id - b.dataset.id);
  list.append(...cards);
});
`;

/** How many documents came out how. */
export type Tally = Readonly<Record<Outcome, number>>;

/** How a document came out: its score is 1, between, 0, or its response could not be scored. */
export function outcomeOf({ status_code, score }: DocumentView): Outcome {
  if (status_code !== 0) return 'failed';
  return score >= 1 ? 'right' : score > 0 ? 'partly' : 'wrong';
}

/** The page up to its documents: what was evaluated, its numbers, a chart, and what filters and sorts. */
export function pageHead(result: ResultView, tally: Tally, left: number): string {
  const title = `${result.task ?? result.id}: ${result.state}`;
  const hash = createHash('sha256').update(SCRIPT).digest('base64');
  const about = [
    result.resolved_task === result.task ? null : `asked by ${result.resolved_task}`,
    result.address && `${result.address} (${result.service})`,
    result.seed && `seed ${result.seed}`,
    result.harness && `lm-eval ${result.harness}`,
    result.updated_at,
    result.id,
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p class="meta">${escapeHtml(about.filter((text) => text).join(' · '))}</p>
${result.error ? `<pre>${escapeHtml(`${result.error.code}: ${result.error.message}`)}</pre>` : ''}
${chart(tally)}
${metricsTable(result)}
<div class="bar">
${filterButtons(tally)}
<span class="label">sort</span>
<button data-sort="id 1" aria-pressed="true">id</button><button data-sort="score 1">worst first</button><button data-sort="time -1">slowest first</button>
</div>
${left > 0 ? `<p class="meta">${left} more documents are not on this page.</p>` : ''}
<main>`;
}

/** One document. */
export function pageArticle(
  document: DocumentView,
  exchange: Exchange | undefined,
  selected: ResultView['selected'],
): string {
  const outcome = outcomeOf(document);
  const { doc_id, score, run_time, status_code, error_str, gold, filters } = document;
  const word = outcome === 'failed' ? `failed, code ${status_code}` : `${outcome}, ${score}`;
  const [asked, before] = askedOf(exchange?.asked ?? []);
  const answers = (exchange?.responses ?? []).map(answerOf);
  return `<article class="${outcome}" data-id="${doc_id}" data-score="${outcome === 'failed' ? -1 : score}" data-time="${run_time}">
<h2>Document ${doc_id} <span>${escapeHtml(word)}</span></h2>
<p class="meta">${run_time === 0 ? '' : `${run_time} ms`}</p>
${error_str === '' ? '' : labelled('why', error_str)}
${before === '' ? '' : folded('what stood before', before)}
${asked === '' ? '' : labelled('asked', asked)}
${answers.map((text) => labelled('came back', text)).join('\n')}
${filters.map(({ filter, extracted, metrics }) => extractedLine(filter, extracted, metrics, selected)).join('\n')}
${gold === null ? '' : labelled('gold', gold)}
</article>`;
}

/** The page's end. */
export function pageEnd(): string {
  return `</main>
<script>${SCRIPT}</script>
</body>
</html>
`;
}

function chart(tally: Tally): string {
  const total = OUTCOMES.reduce((sum, outcome) => sum + tally[outcome], 0);
  if (total === 0) return '';
  let at = 0;
  const bars = OUTCOMES.map((outcome) => {
    const width = (100 * tally[outcome]) / total;
    const bar = `<rect class="${outcome}" x="${at}" y="0" width="${width}" height="10"><title>${outcome}: ${tally[outcome]}</title></rect>`;
    at += width;
    return bar;
  });
  return `<svg class="chart" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${OUTCOMES.map((outcome) => `${outcome} ${tally[outcome]}`).join(', ')}">${bars.join('')}</svg>`;
}

function metricsTable({ metrics, selected }: ResultView): string {
  if (metrics.length === 0) return '';
  const rows = metrics.map(({ filter, metric, mean, stderr, documents }) => {
    const counts = filter === selected?.filter && (selected.metric ?? metric) === metric;
    const cells = [mean, stderr].map((value) => `<td class="n">${value === null ? '' : value.toFixed(4)}</td>`);
    return `<tr><td>${escapeHtml(filter)}</td><td>${escapeHtml(metric)}</td>${cells.join('')}<td class="n">${documents}</td><td>${counts ? 'is the score' : ''}</td></tr>`;
  });
  return `<table><thead><tr><th>filter</th><th>metric</th><th>mean</th><th>stderr</th><th>documents</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function filterButtons(tally: Tally): string {
  const total = OUTCOMES.reduce((sum, outcome) => sum + tally[outcome], 0);
  const one = (outcome: string, count: number) =>
    `<button class="${outcome}" data-outcome="${outcome}" aria-pressed="${outcome === 'all'}">${outcome} ${count}</button>`;
  return [
    one('all', total),
    ...OUTCOMES.filter((outcome) => tally[outcome] > 0).map((outcome) => one(outcome, tally[outcome])),
  ].join('');
}

/** The last question, and what stood before it. */
function askedOf(asked: readonly string[]): [string, string] {
  if (asked.length !== 1) return [asked.join('\n'), ''];
  const [text = ''] = asked;
  try {
    const messages: unknown = JSON.parse(text);
    if (!Array.isArray(messages)) return [text, ''];
    const turns = messages.map((message) => `${String(message?.role)}: ${String(message?.content)}`);
    return [turns.at(-1) ?? '', turns.slice(0, -1).join('\n\n')];
  } catch {
    return [text, ''];
  }
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

function extractedLine(
  filter: string,
  extracted: string,
  metrics: DocumentView['filters'][number]['metrics'],
  selected: ResultView['selected'],
): string {
  const values = metrics.map(({ metric, value }) => `${metric} <code>${escapeHtml(String(value))}</code>`);
  const mark = filter === selected?.filter ? ' (is the score)' : '';
  return `<div class="extracted"><span><span class="label">${escapeHtml(filter + mark)}</span> <code>${escapeHtml(extracted)}</code></span><span>${values.join(' ')}</span></div>`;
}

function labelled(label: string, text: string): string {
  return `<div class="label">${escapeHtml(label)}</div>${pre(text)}`;
}

function folded(summary: string, text: string): string {
  return `<details><summary>${escapeHtml(summary)}</summary>\n${pre(text)}\n</details>`;
}

/** A line break right after the tag is not shown, so one is always put there. */
function pre(text: string): string {
  const shown =
    text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n… (${text.length - MAX_SHOWN} characters more)` : text;
  return `<pre>\n${escapeHtml(shown)}</pre>`;
}

/** A carriage return would be read as a line break; NUL and the like are not HTML at all. */
function escapeHtml(text: string): string {
  return text.toWellFormed().replace(/[&<>"'\r]|[^\P{Cc}\t\n\r]/gu, (character) => {
    const known: Readonly<Record<string, string>> = {
      '&': '&amp;',
      '<': '&lt;',
      '>': '&gt;',
      '"': '&quot;',
      "'": '&#39;',
      '\r': '&#13;',
    };
    return known[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
