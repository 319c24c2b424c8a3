import { DEFAULT_LIMITS } from './limits.ts';
import type { Statement } from './syntax/nodes.ts';
import { parseTemplate } from './syntax/parser.ts';

/** What a template's source says, before any document is put in. */
export interface TemplateFacts {
  /** The pieces of plain text in it, in their order. */
  readonly texts: readonly string[];
  /** Whether it is plain text alone, and so the same for every document. */
  readonly constant: boolean;
}

/** Reads a template's source. Null where it can't be read, which compiling it tells in full. */
export function templateFacts(source: string): TemplateFacts | null {
  let statements: readonly Statement[];
  try {
    statements = parseTemplate(source, DEFAULT_LIMITS.maxDepth);
  } catch {
    return null;
  }
  const texts: string[] = [];
  collect(statements, texts);
  return { texts, constant: statements.every(({ kind }) => kind === 'text') };
}

function collect(statements: readonly Statement[], texts: string[]): void {
  for (const statement of statements) {
    if (statement.kind === 'text') texts.push(statement.text);
    if ('body' in statement) collect(statement.body, texts);
    if ('elifs' in statement) for (const { body } of statement.elifs) collect(body, texts);
    if ('otherwise' in statement) collect(statement.otherwise, texts);
  }
}
