import type { Preview } from './preview.ts';
import { type ShownInstance, shownInstances, type Turn } from './shown.ts';

/** A preview as text for a terminal: every turn in full, nothing folded, nothing escaped. */
export function previewText(preview: Pick<Preview, 'plan' | 'instances'>): string {
  return shownInstances(preview)
    .map((instance) => instanceText(preview, instance))
    .join('\n');
}

function instanceText({ plan }: Pick<Preview, 'plan'>, instance: ShownInstance): string {
  const { system, examples, question, continuation, generation } = instance;
  const path = String(plan.asked.requesterArgs.get('path'));
  const twin = plan.resolvedTask === plan.task ? '' : `, by ${plan.resolvedTask}`;
  const number = plan.requestType === 'loglikelihood' ? `, choice ${instance.idx}` : '';
  const head = `${plan.task}${twin}, document ${instance.docId}${number}: ${path}, ${plan.shotsInEffect} shot${plan.shotsInEffect === 1 ? '' : 's'}, about ${instance.ctxlen} tokens`;
  return [
    `===== ${head}`,
    ...[...system, ...examples, ...question].map(turnText),
    ...(continuation === null ? [] : [`----- scored\n${continuation}`]),
    ...(generation === null ? [] : [`----- generation\n${generation}`]),
    '',
  ].join('\n');
}

function turnText({ role, text }: Turn): string {
  return `----- ${role}\n${text}`;
}
