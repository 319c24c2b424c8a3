import type { Preview } from './preview.ts';
import { type ShownInstance, shownInstances, type Turn } from './shown.ts';

const STYLE = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem .75rem; margin-bottom: 1rem; }
article { border-top: 2px solid #8886; padding: .5rem 0 1.5rem; }
h2 { font-size: 1.05rem; margin: .5rem 0; }
pre { background: #8881; border-radius: .3rem; font: 13px/1.45 ui-monospace, monospace; margin: .15rem 0 .6rem; overflow-wrap: anywhere; padding: .6rem; white-space: pre-wrap; }
.role { color: #888; font-size: .8rem; letter-spacing: .04em; text-transform: uppercase; }
.assistant { border-left: 3px solid #4a8; } .user { border-left: 3px solid #48c; } .system { border-left: 3px solid #c84; }
details { margin: .4rem 0; } summary { cursor: pointer; }
.meta { color: #888; font-size: .9rem; margin: 0 0 .5rem; }
`;

/**
 * One page to look through previews: no script, nothing from outside, every text of a task or data set escaped. Worked
 * examples are folded away; `data` stands below each question as it is sent.
 */
export function previewPage(previews: readonly Preview[]): string {
  const shown = previews.map((preview, at) => ({ preview, at, instances: shownInstances(preview) }));
  const links = shown.flatMap(({ preview, at, instances }) =>
    instances.map((instance) => `<a href="#${anchor(at, instance)}">${escapeHtml(label(preview, instance))}</a>`),
  );
  const articles = shown.flatMap(({ preview, at, instances }) =>
    instances.map((instance) => article(preview, instance, anchor(at, instance))),
  );
  const title = escapeHtml(`Prompts of ${previews.map(({ plan }) => plan.task).join(', ')}`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${title}</h1>
<nav>${links.join('\n')}</nav>
${articles.join('\n')}
</body>
</html>
`;
}

function article({ plan }: Preview, instance: ShownInstance, id: string): string {
  const { system, examples, question, continuation, generation, data } = instance;
  const about = [
    plan.resolvedTask === plan.task ? '' : `asked by ${plan.resolvedTask}`,
    String(plan.asked.requesterArgs.get('path')),
    plan.requestType,
    `${plan.shotsInEffect} shots`,
    `about ${instance.ctxlen} tokens`,
  ];
  return `<article id="${id}">
<h2>${escapeHtml(`${plan.task}, document ${instance.docId}${plan.requestType === 'loglikelihood' ? `, choice ${instance.idx}` : ''}`)}</h2>
<p class="meta">${escapeHtml(about.filter((text) => text !== '').join(' · '))}</p>
${system.map(turn).join('\n')}
${examples.length === 0 ? '' : folded(`${examples.length / 2} worked example${examples.length > 2 ? 's' : ''}`, examples.map(turn).join('\n'))}
${question.map(turn).join('\n')}
${continuation === null ? '' : turn({ role: 'scored', text: continuation })}
${generation === null ? '' : folded('generation arguments', pre(generation))}
${folded('data as sent', pre(data))}
</article>`;
}

function turn({ role, text }: Turn): string {
  return `<div class="role">${escapeHtml(role)}</div>${pre(text, /^(system|user|assistant)$/.test(role) ? role : '')}`;
}

function folded(summary: string, html: string): string {
  return `<details><summary>${escapeHtml(summary)}</summary>\n${html}\n</details>`;
}

/** A line break right after the tag is not shown, so one is always put there. */
function pre(text: string, role = ''): string {
  return `<pre${role === '' ? '' : ` class="${role}"`}>\n${escapeHtml(text)}</pre>`;
}

function label({ plan }: Preview, { docId, idx }: ShownInstance): string {
  return `${plan.task} ${docId}${plan.requestType === 'loglikelihood' ? `/${idx}` : ''}`;
}

function anchor(task: number, { docId, idx }: ShownInstance): string {
  return `t${task}-d${docId}-${idx}`;
}

/** A carriage return would be read as a line break; NUL and the like are not HTML at all. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"'\r]|[^\P{Cc}\t\n\r]/gu, (character) => {
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
