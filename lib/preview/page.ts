import type { Block, Card, ShownChoice } from '../pages/card.ts';
import { cutForPage } from '../pages/card.ts';
import { type PageHead, pageOf } from '../pages/page.ts';
import { renderingOf } from '../plan/rendering.ts';
import { type DocParts, docParts } from './parts.ts';
import type { Preview } from './preview.ts';
import { type ShownInstance, shownInstances, type Turn } from './shown.ts';

/** A task that can't be shown, and why. */
export interface NotShown {
  readonly task: string;
  readonly error: { readonly code: string; readonly message: string };
}

/** What a page says of where its prompts come from. */
export interface PageOrigin {
  /** `lm-eval 0.4.9`, with the folder of definitions behind it. */
  readonly definitions?: string;
  readonly sampler?: string;
}

/**
 * One page to look through previews: a card per document with its worked examples folded and the right answer marked; `data` stands
 * below as it is sent. In pieces, to be written one after the other.
 */
export function previewPage(
  previews: readonly Preview[],
  refused: readonly NotShown[] = [],
  origin: PageOrigin = {},
): AsyncGenerator<string, void, void> {
  return pageOf(headOf(previews, refused, origin), cardsOf(previews));
}

function headOf(previews: readonly Preview[], refused: readonly NotShown[], origin: PageOrigin): PageHead {
  const tasks = previews.map(({ plan }) => plan.task);
  const of = (value: (preview: Preview) => string) => [...new Set(previews.map(value))];
  const some = (values: readonly string[]) => (values.length > 3 ? `${values.length} of them` : values.join(', '));
  const title =
    tasks.length > 3 ? `${tasks.slice(0, 2).join(', ')} and ${tasks.length - 2} other tasks` : tasks.join(', ');
  const [first] = previews;
  const twins = previews.flatMap(({ plan }) => (plan.resolvedTask === plan.task ? [] : [plan.resolvedTask]));
  return {
    title: `Prompts of ${title}`,
    facts: [
      ['asked by', some(twins)],
      ['path', some(of(({ plan }) => String(plan.asked.requesterArgs.get('path'))))],
      ['request', some(of(({ plan }) => plan.requestType))],
      ['shots', some(of(({ plan }) => String(plan.shotsInEffect)))],
      ['data set', some(of(({ table }) => table.name))],
      ['split', some(of(({ plan }) => plan.evalSplit))],
      ['seed', first && some(of(({ plan }) => String(plan.randomSeed ?? plan.seed)))],
      ['system instruction', first?.plan.asked.systemInstruction],
      ['definitions', origin.definitions],
      ['sampler', origin.sampler],
    ],
    problems: refused.map(({ task, error }) => `${task} is not shown. ${error.code}: ${error.message}`),
    groups: tasks,
  };
}

function* cardsOf(previews: readonly Preview[]): Generator<Card> {
  let place = 0;
  for (const preview of previews) {
    const rendering = renderingOf(preview.plan);
    const { systemInstruction } = preview.plan.asked;
    const parts = docParts({ config: rendering.config, systemInstruction, values: preview.table.values });
    const docs = new Map(preview.instances.map(({ docId, doc }) => [docId, doc]));
    const documents = Map.groupBy(shownInstances(preview), ({ docId }) => docId);
    for (const [docId, instances] of documents) {
      const doc = docs.get(docId);
      const card = cardOf(
        preview,
        docId,
        instances,
        doc === undefined ? null : parts(doc),
        rendering.config.fewshot_delimiter,
      );
      yield { ...card, sort: { ...card.sort, id: place++ } };
    }
  }
}

function cardOf(
  { plan }: Preview,
  docId: number,
  instances: readonly ShownInstance[],
  parts: DocParts | null,
  delimiter: string,
): Card {
  const [first] = instances;
  const length = Math.max(...instances.map(({ ctxlen }) => ctxlen));
  const about = [`about ${length} tokens`, ...(instances.length > 1 ? [`${instances.length} prompts`] : [])];
  const blocks: Block[] = [];
  if (first !== undefined) {
    const split = partsOf(first, parts, plan.shotsInEffect, delimiter);
    blocks.push(...split.system.map(turn));
    if (split.examples.length > 0) {
      const count = split.count ?? plan.shotsInEffect;
      blocks.push(fold(`${count} worked example${count === 1 ? '' : 's'}`, split.examples.map(turn)));
    }
    blocks.push(...split.question.map(turn));
    const one = plan.requestType === 'loglikelihood' && instances.length === 1 && !parts?.choices.length;
    if (one) {
      const scored = cutForPage(first.continuation ?? '');
      blocks.push({ kind: 'text', label: 'right answer, scored after the prompt', text: scored, mark: 'gold' });
    } else if (plan.requestType === 'loglikelihood') blocks.push(...choicesOf(instances, parts, first));
    if (!one && parts !== null && parts.answers.length > 0) {
      const label = parts.answers.length > 1 ? 'right answers, any of' : 'right answer';
      blocks.push({ kind: 'text', label, text: cutForPage(parts.answers.join('\n')), mark: 'gold' });
    }
    if (first.generation !== null) blocks.push(fold('generation arguments', [text('as sent', first.generation)]));
  }
  const sent = instances.map(({ idx, data }) => text(instances.length > 1 ? `choice ${idx}` : 'prompts.data', data));
  blocks.push(fold('data as sent', sent));
  return {
    title: `${plan.task} · document ${docId}`,
    about: about.join(' · '),
    group: plan.task,
    outcome: null,
    word: '',
    sort: { id: docId, score: 0, time: 0 },
    blocks,
  };
}

interface Split {
  readonly system: readonly Turn[];
  readonly examples: readonly Turn[];
  /** How many examples there are, where that is known better than by the settings. */
  readonly count?: number;
  readonly question: readonly Turn[];
}

/** Finds the worked examples in a text; where the parts do not fit together exactly, all of it is the question. */
function partsOf(shown: ShownInstance, parts: DocParts | null, shots: number, delimiter: string): Split {
  const { system, examples, question } = shown;
  if (examples.length > 0) return { system, examples, count: examples.length / 2, question };
  const [only] = question;
  if (parts === null || shots === 0 || only === undefined) return { system, examples, question };
  if (only.role === 'prompt') return splitText(only.text, parts, shots, delimiter, shown);
  const cut = only.text.length - parts.asked.length;
  if (cut <= 0 || !only.text.endsWith(parts.asked)) return { system, examples, question };
  const before = only.text.slice(0, cut);
  return {
    system,
    examples: exampleTurns(before, shots, delimiter),
    question: [{ ...only, text: parts.asked }, ...question.slice(1)],
  };
}

function splitText(
  whole: string,
  parts: DocParts,
  shots: number,
  delimiter: string,
  { question, examples, system }: ShownInstance,
): Split {
  // The choice stands at the end, where it is part of the context.
  const end = parts.choicesInContext
    ? whole.length - (parts.choices[0]?.length ?? 0)
    : whole.length - parts.question.length;
  const tail = whole.slice(end);
  const fits =
    whole.startsWith(parts.system) && end >= parts.system.length && (parts.choicesInContext || tail === parts.question);
  if (!fits) return { system, examples, question };
  return {
    system: parts.system === '' ? [] : [{ role: 'prompt', text: parts.system }],
    examples: exampleTurns(whole.slice(parts.system.length, end), shots, delimiter),
    question: parts.choicesInContext ? [] : [{ role: 'prompt', text: tail }],
  };
}

/** One text per example where the delimiter tells them apart, else one for all. */
function exampleTurns(text: string, shots: number, delimiter: string): Turn[] {
  if (text === '') return [];
  const single = delimiter === '' ? [] : text.split(delimiter);
  const whole = single.at(-1) === '' && single.length === shots + 1;
  return (whole ? single.slice(0, -1) : [text]).map((one, at) => ({
    role: whole ? `example ${at + 1}` : 'examples',
    text: one,
  }));
}

function choicesOf(instances: readonly ShownInstance[], parts: DocParts | null, first: ShownInstance): Block[] {
  const count = parts === null || parts.choices.length === 0 ? instances.length : parts.choices.length;
  const one = (instance: ShownInstance, at: number): ShownChoice => {
    const context = instance.question.at(-1)?.text ?? '';
    const inContext = parts?.choicesInContext === true ? `${parts.choices[at] ?? context}` : '';
    return { text: `${inContext}${instance.continuation ?? ''}`, gold: parts?.gold.includes(at) === true };
  };
  const blocks: Block[] = [
    { kind: 'choices', label: 'choices, each scored after the prompt', choices: instances.slice(0, count).map(one) },
  ];
  const alone = instances.slice(count).filter(({ question }) => question !== first.question);
  if (alone.length > 0) {
    const choices = alone.map((instance) => ({ text: instance.continuation ?? '', gold: false }));
    blocks.push({ kind: 'choices', label: 'also scored on their own', choices });
  }
  return blocks;
}

function turn({ role, text: shown }: Turn): Block {
  return { kind: 'turn', role, text: cutForPage(shown) };
}

function text(label: string, shown: string): Block {
  return { kind: 'text', label, text: shown };
}

function fold(label: string, blocks: readonly Block[]): Block {
  return { kind: 'fold', label, blocks };
}
