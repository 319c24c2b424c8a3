import { PermanentError } from '../errors/errors.ts';
import type { FaultKind } from './fault.ts';

/** A template that can't be compiled or rendered; the same template and values will always fail. */
export class TemplateError extends PermanentError {
  readonly kind: FaultKind;
  /** Line of the template, from 1. */
  readonly line: number;
  constructor(kind: FaultKind, line: number, snippet: string, reason: string, cause?: unknown) {
    super('TemplateFailed', `Template line ${line}, near ${JSON.stringify(snippet)}: ${reason} (${kind})`, {
      cause,
      context: { kind, line },
    });
    this.kind = kind;
    this.line = line;
  }
}
