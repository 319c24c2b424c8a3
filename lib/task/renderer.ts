import type { TaskConfig } from '../catalogue/task-config.ts';
import { messageOf, PermanentError, SamplerError } from '../errors/errors.ts';
import type { ProcessDocsHook } from '../hooks/hook.ts';
import { findHook } from '../hooks/registry.ts';
import { type Clock, NO_CLOCK } from '../jinja/limits.ts';
import { textLength } from '../payload/ctxlen.ts';
import { chatArgument, chatPrinter, completionPrinter, loglikelihoodPrinter, type ModelArgs } from '../payload/data.ts';
import { chatLength } from '../payload/message.ts';
import { equals, truthy } from '../python/compare.ts';
import { str } from '../python/repr.ts';
import type { Doc, PyDict, PyValue } from '../python/value.ts';
import { type ContextParts, chatContext, textContext } from './context.ts';
import { compileDescription, compilePrefix, type DocField, type FunctionValues, shownDoc } from './field.ts';
import { examineFirstDoc } from './first-doc.ts';
import { choicesOf, exampleFields, notText, questionFields, workedExamples } from './labelled.ts';
import type { RenderSettings } from './render-settings.ts';

/** One instance, rendered: what becomes its document and its prompt's. */
export interface RenderedInstance {
  readonly docId: number;
  readonly idx: number;
  readonly doc: Doc;
  readonly arguments: readonly [string, PyDict | string];
  /** `prompts.data`. */
  readonly data: string;
  /** Estimated length of the prompt, in tokens. */
  readonly ctxlen: number;
}

/** What a document is made of besides its text: what the task's fields give for it and for its worked examples. */
export interface LabelledDoc {
  /** What is asked: text, or the index of a choice where the choices stand in the context. */
  readonly text: PyValue;
  /** The gold answer as the definition gives it: text, the index of a choice, or a list of either. */
  readonly target: PyValue;
  readonly choices: readonly PyValue[] | null;
  readonly multipleInput: boolean;
  /** Those shown, in their order. */
  readonly examples: readonly WorkedExample[];
}

/** A worked example as it is shown. */
export interface WorkedExample {
  readonly doc: Doc;
  readonly question: string;
  readonly answer: string;
  /** Its choices, which are not shown; null where the task has none. */
  choices(): readonly PyValue[] | null;
}

/** Renders documents of one task; compiled once, then called per document. */
export interface TaskRenderer {
  /** The document as the harness sees it, after `process_docs`. */
  process(row: Doc): Doc;
  /** The instances of one processed document with its worked examples (processed too, in the order drawn). */
  render(doc: Doc, drawn: readonly Doc[]): RenderedInstance[];
  /** What the same document and examples are made of. */
  label(doc: Doc, drawn: readonly Doc[]): LabelledDoc;
}

/**
 * Compiles a task. `firstRow` is the first row of the evaluated split: the harness looks at it to learn the columns and
 * whether the task puts its choices into the context (`ConfigurableTask.__init__`; FIELD-9).
 * @param clock looked at while documents are rendered
 * @param values what the task's functions gave where they were run before, `process_docs` among them
 * @throws PermanentError BadTaskDefinition, UnsupportedHook or TemplateFailed, naming task and field.
 */
export function createRenderer(
  config: TaskConfig,
  settings: RenderSettings,
  firstRow: Doc,
  clock: Clock = NO_CLOCK,
  values?: FunctionValues,
): TaskRenderer {
  const process = values === undefined ? processDocs(config, clock) : (row: Doc) => row;
  const first = process(firstRow);
  const context = {
    task: config.task,
    features: new Set(first.keys()),
    hasChoices: config.doc_to_choice !== null,
    clock,
    values,
  };
  const question = questionFields(config, context);
  const parts: ContextParts = {
    config,
    question,
    examples: workedExamples(exampleFields(config, context, question), config),
    description: compileDescription(config.description, clock),
    systemInstruction: settings.systemInstruction,
    ...locateErrors(config.task, first, () => examineFirstDoc(config, question, first)),
  };
  const prefix = compilePrefix(config.gen_prefix, context);
  const requests = requestsOf(parts, settings, prefix);
  return {
    process,
    render: (doc, drawn) =>
      locateErrors(config.task, doc, () => {
        const instances = requests(doc, selectExamples(doc, drawn, settings));
        const shown = shownDoc(values, doc);
        return shown === doc ? instances : instances.map((instance) => ({ ...instance, doc: shown }));
      }),
    label: (doc, drawn) =>
      locateErrors(config.task, doc, () => labelled(parts, doc, selectExamples(doc, drawn, settings))),
  };
}

function labelled({ config, question, examples, multipleInput }: ContextParts, doc: Doc, shown: readonly Doc[]) {
  return {
    text: question.text(doc),
    target: question.target(doc),
    choices: question.choices === null ? null : choicesOf(question, doc, config),
    multipleInput,
    examples: shown.map((example) => {
      const [asked, answered] = examples.asTurns(example, null);
      return {
        doc: example,
        question: asked?.content ?? '',
        answer: answered?.content ?? '',
        choices: () => (question.choices === null ? null : choicesOf(question, example, config)),
      };
    }),
  };
}

/** Makes a document's requests from its worked examples. */
type Requests = (doc: Doc, examples: readonly Doc[]) => RenderedInstance[];

function requestsOf(parts: ContextParts, settings: RenderSettings, prefix: DocField): Requests {
  const { generationKwargs: kwargs, model } = settings;
  if (settings.requestType === 'loglikelihood') {
    return parts.config.output_type === 'loglikelihood'
      ? oneLikelihood(parts, model, prefix)
      : loglikelihoods(parts, model, prefix);
  }
  return settings.chat ? chats(parts, settings, prefix) : completions(parts, kwargs, model, prefix);
}

/**
 * Examples equal to the document itself are dropped, then the first ones are taken (FEWSHOT-3, FEWSHOT-4). The Python service's
 * documents hold `__id`, so that only the same row is equal; it has no loglikelihood requests, where the harness's own
 * documents, without ids, are compared.
 */
function selectExamples(doc: Doc, drawn: readonly Doc[], { requestType, shots }: RenderSettings): Doc[] {
  if (requestType === 'loglikelihood') {
    const bare = withoutId(doc);
    return drawn.filter((example) => !equals(withoutId(example), bare)).slice(0, shots);
  }
  const id = doc.get('__id');
  const same = (example: Doc) => example.get('__id') === id && equals(example, doc);
  return (drawn.some(same) ? drawn.filter((example) => !same(example)) : drawn).slice(0, shots);
}

function withoutId(doc: Doc): Doc {
  const copy = new Map(doc);
  copy.delete('__id');
  return copy;
}

function chats(parts: ContextParts, settings: RenderSettings, prefix: DocField): Requests {
  const { generationKwargs: kwargs, model, multiturn } = settings;
  const print = chatPrinter(kwargs, model);
  return (doc, examples) => {
    const messages = chatContext(parts, doc, examples, prefixOf(prefix, doc, parts.config, true), multiturn);
    return [
      {
        docId: docIdOf(doc),
        idx: 0,
        doc,
        arguments: [chatArgument(messages), kwargs],
        data: print(messages),
        ctxlen: chatLength(messages),
      },
    ];
  };
}

function completions(parts: ContextParts, kwargs: PyDict, model: ModelArgs, prefix: DocField): Requests {
  const print = completionPrinter(kwargs, model);
  return (doc, examples) => {
    const text = notEmpty(textContext(parts, doc, examples, prefixOf(prefix, doc, parts.config)));
    const data = print(text);
    return [{ docId: docIdOf(doc), idx: 0, doc, arguments: [text, kwargs], data, ctxlen: textLength(text) }];
  };
}

/** All requests of one document together: what one process can hold, and far beyond any honest one. */
const MAX_CHOICE_CHARS = 64 << 20;

/** `construct_requests` of a multiple-choice task (CONTEXT-9): a request per choice, in their order. */
function loglikelihoods(parts: ContextParts, model: ModelArgs, prefix: DocField): Requests {
  const { config, question } = parts;
  const print = loglikelihoodPrinter(model);
  return (doc, examples) => {
    const context = textContext(parts, doc, examples, prefixOf(prefix, doc, parts.config));
    const choices = choicesOf(question, doc, config).map(str);
    const delimiter = config.target_delimiter;
    const total = choices.reduce((sum, choice) => sum + context.length + choice.length, 0);
    if (total > MAX_CHOICE_CHARS) {
      throw new PermanentError(
        'TemplateFailed',
        `its choices are too many for so long a context: ${choices.length} of them make ${total} characters.`,
      );
    }
    let pairs: [string, string][];
    if (parts.multipleInput) {
      const continuation = delimiter + str(question.target(doc));
      pairs = choices.map((choice) => [context + choice, continuation]);
    } else {
      pairs = choices.map((choice) => [context, delimiter + choice]);
    }
    // This metric also needs each choice's likelihood on its own.
    if (config.metrics.includes('acc_mutual_info'))
      pairs.push(...choices.map((choice): [string, string] => ['', delimiter + choice]));
    return pairs.map(([ctx, continuation], idx) => ({
      docId: docIdOf(doc),
      idx,
      doc,
      arguments: [ctx, continuation],
      data: print(notEmpty(ctx + continuation)),
      ctxlen: textLength(ctx + continuation),
    }));
  };
}

/** `construct_requests` of a task that asks for one loglikelihood (CONTEXT-12): of the target as it is, without a delimiter. */
function oneLikelihood(parts: ContextParts, model: ModelArgs, prefix: DocField): Requests {
  const { config, question } = parts;
  const print = loglikelihoodPrinter(model);
  return (doc, examples) => {
    const context = textContext(parts, doc, examples, prefixOf(prefix, doc, parts.config));
    const target = question.target(doc);
    if (typeof target !== 'string') throw notText(config, 'doc_to_target', target);
    const prompt = notEmpty(context + target);
    return [
      {
        docId: docIdOf(doc),
        idx: 0,
        doc,
        arguments: [context, target],
        data: print(prompt),
        ctxlen: textLength(prompt),
      },
    ];
  };
}

/** Servers of completions, and the harness's request models before them, refuse a request without a prompt. */
function notEmpty(prompt: string): string {
  if (prompt !== '') return prompt;
  throw new PermanentError('TemplateFailed', 'the prompt is empty, which the harness refuses to send.');
}

function processDocs(config: TaskConfig, clock: Clock): (row: Doc) => Doc {
  const hook = processDocsHook(config);
  if (hook === null) return (row) => row;
  return (row) => {
    const processed = locateErrors(config.task, row, () => {
      const result = hook(row);
      clock.look();
      return result;
    });
    if (processed !== null) return processed;
    throw new PermanentError(
      'DatasetInvalid',
      `Task ${config.task}: its process_docs filters out row ${docIdOf(row)}, which registration should have left out.`,
    );
  };
}

function processDocsHook(config: TaskConfig): ProcessDocsHook | null {
  if (config.process_docs === null) return null;
  const hook = findHook(config.process_docs.hook);
  if (hook?.kind === 'process_docs') return hook.call;
  throw new PermanentError('UnsupportedHook', `Task ${config.task} needs a process_docs that can't be run here.`);
}

/** What is no text the harness takes only in chat, where it leaves a prefix out that Python takes for false. */
function prefixOf(prefix: DocField, doc: Doc, config: TaskConfig, chat = false): string | null {
  const value: PyValue = prefix(doc);
  if (value === null || typeof value === 'string') return value;
  if (chat && !truthy(value)) return null;
  throw notText(config, 'gen_prefix', value);
}

/** The row's `__id`, which is also the instance's `doc_id`. */
export function docIdOf(doc: Doc): number {
  return Number(doc.get('__id') ?? -1n);
}

/** Errors inside a document say which document of which task it was. */
function locateErrors<T>(task: string, doc: Doc, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const code = error instanceof SamplerError ? error.code : 'TemplateFailed';
    const message = messageOf(error);
    throw new PermanentError(code, `Task ${task}, document ${docIdOf(doc)}: ${message}`, {
      cause: error,
      context: { task, docId: docIdOf(doc) },
    });
  }
}
