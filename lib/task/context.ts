import type { TaskConfig } from '../catalogue/task-config.ts';
import { PermanentError } from '../errors/errors.ts';
import { type ChatMessage, Turn } from '../payload/message.ts';
import { str } from '../python/repr.ts';
import type { Doc, PyValue } from '../python/value.ts';
import { choiceAt, choicesOf, type Examples, type Fields, notText } from './labelled.ts';

/** What a document's context is made of. */
export interface ContextParts {
  readonly config: TaskConfig;
  readonly question: Fields;
  readonly examples: Examples;
  readonly description: (doc: Doc) => string;
  readonly systemInstruction: string | null;
  /** Whether `doc_to_text` gives the index of a choice: the choices then stand in the context, not after it. */
  readonly multipleInput: boolean;
}

/** `fewshot_context` without a chat template (CONTEXT-1, CONTEXT-2): one text, nothing stripped. */
export function textContext(parts: ContextParts, doc: Doc, examples: readonly Doc[], genPrefix: string | null): string {
  const { config, question } = parts;
  const head = systemPrompt(parts, doc) + asText(parts, examples, genPrefix);
  const text = question.text(doc);
  if (parts.multipleInput) return head;
  const prefix = genPrefix === null ? '' : config.target_delimiter + genPrefix;
  return head + questionText(parts, doc, text) + prefix;
}

/** `fewshot_context` with a chat template (CONTEXT-1, CONTEXT-3, CONTEXT-4): the messages; a task without system prompt has no system message. */
export function chatContext(
  parts: ContextParts,
  doc: Doc,
  examples: readonly Doc[],
  genPrefix: string | null,
  multiturn: boolean,
): ChatMessage[] {
  const messages: ChatMessage[] = [];
  const system = systemPrompt(parts, doc);
  if (system !== '') messages.push(new Turn('system', system));
  if (examples.length > 0) {
    if (multiturn) for (const turn of asTurns(parts, examples, genPrefix)) messages.push(turn);
    else messages.push(new Turn('user', asText(parts, examples, genPrefix)));
  }
  const text = parts.question.text(doc);
  if (parts.multipleInput) {
    if (messages.length > 0) return messages;
    throw new PermanentError(
      'TemplateFailed',
      `Task ${parts.config.task}: doc_to_text gives the index of a choice, and without worked examples the chat is empty, which the harness refuses to send.`,
      { context: { task: parts.config.task, field: 'doc_to_text' } },
    );
  }
  if (Array.isArray(text)) throw severalQuestions(parts.config);
  // What is neither text nor an index the harness leaves out of a chat.
  if (!isQuestion(text)) return messages;
  const content = questionText(parts, doc, text);
  const last = messages.at(-1);
  if (multiturn || !last || last.role === 'system') messages.push(new Turn('user', content));
  else messages[messages.length - 1] = new Turn(last.role, last.content + content);
  if (genPrefix) messages.push(new Turn('assistant', genPrefix));
  return messages;
}

/** The harness makes a chat of each, which no request of its models can carry. */
function severalQuestions(config: TaskConfig): PermanentError {
  return new PermanentError(
    'TemplateFailed',
    `Task ${config.task}: doc_to_text gives a list of questions for this document; a request holds one.`,
    { context: { task: config.task, field: 'doc_to_text' } },
  );
}

/** Whether the harness takes it for a question: text, or an int. */
function isQuestion(text: PyValue): boolean {
  return typeof text === 'string' || typeof text === 'bigint' || typeof text === 'boolean';
}

function asText({ examples: worked }: ContextParts, examples: readonly Doc[], genPrefix: string | null): string {
  const texts: string[] = [];
  let length = 0;
  for (const example of examples) {
    const text = worked.asText(example, genPrefix);
    length += text.length;
    texts.push(text);
    checkExamples(length);
  }
  return texts.join('');
}

function asTurns(
  { examples: worked }: ContextParts,
  examples: readonly Doc[],
  genPrefix: string | null,
): ChatMessage[] {
  const turns: ChatMessage[] = [];
  let length = 0;
  for (const example of examples) {
    for (const turn of worked.asTurns(example, genPrefix)) {
      length += turn.content.length;
      turns.push(turn);
    }
    checkExamples(length);
  }
  return turns;
}

/** MongoDB stores no document of more than 16 MiB. */
const MAX_EXAMPLE_CHARS = 16 << 20;

function checkExamples(length: number): void {
  if (length <= MAX_EXAMPLE_CHARS) return;
  throw new PermanentError(
    'TemplateFailed',
    `its worked examples have more than ${MAX_EXAMPLE_CHARS} characters, more than MongoDB stores; ask for fewer (num_fewshot).`,
  );
}

function systemPrompt({ config, systemInstruction, description }: ContextParts, doc: Doc): string {
  const rendered = description(doc);
  if (systemInstruction === null) return rendered;
  return rendered === '' ? systemInstruction : systemInstruction + config.fewshot_delimiter + rendered;
}

function questionText({ config, question }: ContextParts, doc: Doc, text: PyValue): string {
  if (typeof text === 'string') return text;
  if (typeof text !== 'bigint' && typeof text !== 'boolean') throw notText(config, 'doc_to_text', text);
  if (question.choices === null) return str(text);
  const choice = choiceAt(choicesOf(question, doc, config), text, config);
  return typeof choice === 'string' ? choice : str(choice);
}
