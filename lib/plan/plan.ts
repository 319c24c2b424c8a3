import * as z from 'zod';
import { decodeEntry, encodeEntry, type TaskEntry } from '../catalogue/entry.ts';
import { dictOf, laxBool, laxInt, laxNumber, text } from '../messages/lax.ts';
import { dumps, loads } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';

/** What a plan keeps of its message: the fields that the `tasks` document shows (DOCUMENT-1). */
export interface PlannedMessage {
  readonly framework: string;
  /** address, service, method, path, headers, in this order. */
  readonly requesterArgs: PyDict;
  readonly blacklist: readonly number[];
  readonly llmArgs: PyDict;
  /** As asked for or set by the override table; null where neither says anything. */
  readonly numFewshot: number | null;
  readonly genKwargs: PyDict | null;
  readonly bootstrapIters: number;
  readonly systemInstruction: string | null;
  readonly applyChatTemplate: boolean;
  readonly fewshotAsMultiturn: boolean;
  readonly confirmRunUnsafeCode: boolean;
}

/** One task of one request, decided in full: whoever renders a shard of it needs nothing else but the documents. */
export interface Plan {
  /** The name asked for. */
  readonly task: string;
  /** The task that is rendered: the same, or its twin that generates text. */
  readonly resolvedTask: string;
  readonly requestType: 'generate_until' | 'loglikelihood';
  /** Shots in effect. */
  readonly numFewshot: number;
  /** Answers wanted per instance. */
  readonly repeats: number;
  readonly docCount: number;
  readonly seed: bigint;
  readonly evalSplit: string;
  /** The version of the data set that the documents were chosen from; unknown for tables that another program made. */
  readonly tableVersion?: string | undefined;
  readonly entry: TaskEntry;
  readonly message: PlannedMessage;
}

const pyDict = z.custom<PyDict>(isDict);

const planSchema = dictOf(
  {
    task: text,
    resolvedTask: text,
    requestType: z.enum(['generate_until', 'loglikelihood']),
    numFewshot: laxNumber,
    repeats: laxNumber,
    docCount: laxNumber,
    seed: laxInt,
    evalSplit: text,
    tableVersion: text.optional(),
    entry: pyDict,
    message: dictOf(
      {
        framework: text,
        requesterArgs: pyDict,
        blacklist: z.array(laxNumber),
        llmArgs: pyDict,
        numFewshot: laxNumber.optional(),
        genKwargs: pyDict.optional(),
        bootstrapIters: laxNumber,
        systemInstruction: text.optional(),
        applyChatTemplate: laxBool,
        fewshotAsMultiturn: laxBool,
        confirmRunUnsafeCode: laxBool,
      },
      'refuse',
    ),
  },
  'refuse',
);

/** The plan as text that keeps ints, floats and the order of keys. */
export function encodePlan(plan: Plan): string {
  const { blacklist, numFewshot, bootstrapIters, ...message } = plan.message;
  const { tableVersion, ...decided } = plan;
  const encoded = dict({
    ...decided,
    ...(tableVersion === undefined ? {} : { tableVersion }),
    numFewshot: BigInt(plan.numFewshot),
    repeats: BigInt(plan.repeats),
    docCount: BigInt(plan.docCount),
    entry: encodeEntry(plan.entry),
    message: dict({
      ...message,
      blacklist: blacklist.map(BigInt),
      numFewshot: numFewshot === null ? null : BigInt(numFewshot),
      bootstrapIters: BigInt(bootstrapIters),
    }),
  });
  return dumps(encoded, { ensureAscii: false, separators: [',', ':'] });
}

/** Reads what {@link encodePlan} wrote. @throws ZodError where the text is not a plan. */
export function decodePlan(encoded: string): Plan {
  const { entry, message, ...plan } = planSchema.parse(loads(encoded));
  return {
    ...plan,
    entry: decodeEntry(entry),
    message: {
      ...message,
      numFewshot: message.numFewshot ?? null,
      genKwargs: message.genKwargs ?? null,
      systemInstruction: message.systemInstruction ?? null,
    },
  };
}

/** Address and service of a plan, which tell requests of a kind apart. */
export function supplierOf(plan: Plan): { address: string; service: string } {
  return supplier.parse(plan.message.requesterArgs);
}

const supplier = dictOf({ address: text, service: text }, 'ignore');

function dict(values: Record<string, PyValue>): PyDict {
  return new Map<PyValue, PyValue>(Object.entries(values));
}
