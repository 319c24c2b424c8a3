import * as z from 'zod';
import { decodeEntry, entryText, type TaskEntry } from '../catalogue/entry.ts';
import { KnownEntries } from '../catalogue/known-entries.ts';
import { PermanentError, TransientError } from '../errors/errors.ts';
import { dictOf, text } from '../messages/lax.ts';
import { dumps, loads } from '../python/json.ts';
import { isDict, type PyDict, type PyValue } from '../python/value.ts';
import { REQUEST_TYPES } from '../task/render-settings.ts';

/**
 * Counts how a plan is written as text. Raise it with every change of the schema below that makes another program of texts
 * as they are, and read the number before in {@link fieldsOf}: plans outlive the version of the program that made them.
 */
export const PLAN_FORMAT = 3;
/** The format of plans without `processed`, which earlier versions of the program read as well. */
const WITHOUT_PROCESSED = 2;

const pyDict = z.custom<PyDict>(isDict);
/** An int, which stands in JavaScript as a number. */
const count = z.codec(z.bigint(), z.int(), { decode: Number, encode: BigInt });

/** What was asked for one task, by the message or else the override table: what the `tasks` document shows (DOCUMENT-1). */
const askedSettings = z
  .strictObject({
    framework: text,
    /** address, service, method, path, headers, in this order. */
    requesterArgs: pyDict,
    blacklist: z.array(count),
    llmArgs: pyDict,
    /** Null where neither says anything. */
    shotsAsked: count.nullable(),
    /** Empty text stays what it is: it asks for nothing, and the document shows it. */
    genKwargs: z.union([pyDict, z.literal('')]).nullable(),
    bootstrapIters: count,
    systemInstruction: text.nullable(),
    applyChatTemplate: z.boolean(),
    fewshotAsMultiturn: z.boolean(),
    confirmRunUnsafeCode: z.boolean(),
  })
  .readonly();

/** {@link RequestStyle} in effect. */
const requestStyle = z
  .strictObject({
    chatTokensField: z.enum(['max_tokens', 'max_completion_tokens']),
    leaveOut: z.array(text).readonly(),
    defaultTokens: count,
  })
  .readonly();

/** All of a plan but its task's definition. */
const planSchema = z
  .strictObject({
    /** The name asked for. */
    task: text,
    /** The task that is rendered: the same, or its twin that generates text. */
    resolvedTask: text,
    requestType: z.enum(REQUEST_TYPES),
    /** Worked examples per document: what was asked is one of several that have a say. */
    shotsInEffect: count,
    /** Answers wanted per instance. */
    repeats: count,
    docCount: count,
    seed: z.bigint(),
    /** The Manager's seed, where it sent one: draws documents and worked examples alike for all suppliers of a run. */
    randomSeed: z.bigint().optional(),
    /** How requests differ from the harness's, where configuration says so. */
    requestStyle: requestStyle.optional(),
    evalSplit: text,
    /** The version of the data set that the documents were chosen from; unknown for tables that another program made. */
    tableVersion: text.optional(),
    /** Under which key the documents are stored that the task's functions made, where it has functions. */
    processed: text.optional(),
    asked: askedSettings,
  })
  .readonly();

/** What was asked for one task. */
export type AskedSettings = z.output<typeof askedSettings>;
/** One task of one request, decided in full: whoever renders a shard of it needs nothing else but the documents. */
export type Plan = z.output<typeof planSchema> & { readonly entry: TaskEntry };

const COMPACT = { ensureAscii: false, separators: [',', ':'] } as const;
/** Texts from before there were formats may have their fields in another order. */
const BEGINNING = '{"format":';
/** Before the definition stand numbers and texts alone, in which a quote is escaped. */
const ENTRY = '"entry":';

/** The plan as text that keeps ints, floats and the order of keys. */
export function encodePlan({ entry, ...plan }: Plan): string {
  const { asked, requestStyle: style, ...decided } = z.encode(planSchema, plan);
  const head = { format: BigInt(plan.processed === undefined ? WITHOUT_PROCESSED : PLAN_FORMAT), ...decided };
  const tail = { requestStyle: style && dict({ ...style, leaveOut: [...style.leaveOut] }), asked: dict(asked) };
  const [before, behind] = [head, tail].map((fields) => dumps(dict(fields), COMPACT).slice(1, -1));
  return `{${before},${ENTRY}${entryText(entry)},${behind}}`;
}

/**
 * Reads what {@link encodePlan} wrote, now or in an earlier version of the program.
 * @throws TransientError PlanUnreadable where a later version wrote it: while versions change, one that can read it may be next
 * @throws PermanentError PlanUnreadable where it is no plan
 */
export function decodePlan(encoded: string): Plan {
  const at = encoded.startsWith(BEGINNING) ? encoded.indexOf(ENTRY) + ENTRY.length : 0;
  const known = at > ENTRY.length ? definitions.findAt(encoded, at) : undefined;
  if (known === undefined) return decodeWhole(encoded);
  // The definition is known by its text: the rest is read without it.
  const rest = `${encoded.slice(0, at)}null${encoded.slice(at + known.length)}`;
  const { entry: _, ...fields } = fieldsOf(read(rest));
  return { ...decodeFields(fields), entry: known.entry };
}

/** Plans that follow each other are of few tasks. */
const definitions = new KnownEntries();

function decodeWhole(encoded: string): Plan {
  const { entry: encodedEntry, ...fields } = fieldsOf(read(encoded));
  const plan = decodeFields(fields);
  if (!isDict(encodedEntry)) throw damaged('entry: it is missing');
  const entry = decodeEntry(encodedEntry);
  definitions.keep(entryText(entry), entry);
  return { ...plan, entry };
}

function decodeFields({ format, ...fields }: Record<string, PyValue>): Omit<Plan, 'entry'> {
  if (typeof format === 'bigint' && format > PLAN_FORMAT) throw tooNew(format);
  const plan = planSchema.safeParse({ ...fields, ...inside(fields, 'asked'), ...inside(fields, 'requestStyle') });
  if (plan.success && typeof format === 'bigint' && format > 0n) return plan.data;
  const why = plan.error?.issues.map(({ path, message }) => `${path.join('.') || 'it'}: ${message}`) ?? ['its format'];
  throw damaged(why.slice(0, 3).join('; '), plan.error);
}

/** Address and service of a plan, which distinguish requests of one kind. */
export function supplierOf(plan: Plan): { address: string; service: string } {
  return supplier.parse(plan.asked.requesterArgs);
}

const supplier = dictOf({ address: text, service: text }, 'ignore');

function read(encoded: string): PyDict {
  try {
    const value = loads(encoded);
    if (isDict(value)) return value;
  } catch (cause) {
    throw damaged('it is not JSON', cause);
  }
  throw damaged('it is no object');
}

/** The fields as the schema has them. Texts without a number come from before there was one, and named some otherwise. */
function fieldsOf(plan: PyDict): Record<string, PyValue> {
  const fields = object(plan);
  const { message, numFewshot = null, ...same } = fields;
  if ('format' in fields || !isDict(message)) return fields;
  const { numFewshot: shotsAsked = null, ...asked } = object(message);
  return { format: 1n, ...same, shotsInEffect: numFewshot, asked: dict({ ...asked, shotsAsked }) };
}

/** A dict inside, as its schema has it. */
function inside(fields: Record<string, PyValue>, name: string): Record<string, Record<string, PyValue>> {
  const value = fields[name];
  return isDict(value) ? { [name]: object(value) } : {};
}

function tooNew(format: bigint): TransientError {
  return new TransientError(
    'PlanUnreadable',
    `the plan has format ${format}, and this version of the program reads formats up to ${PLAN_FORMAT}: a later version ` +
      'planned it. Deploy that version again, or a later one, then redrive: npx sampler dlq redrive shard --all',
    { context: { format: Number(format), readable: PLAN_FORMAT } },
  );
}

function damaged(why: string, cause?: unknown): PermanentError {
  const message = `the record in sample_requests holds no plan that can be read: ${why}. Send the request again.`;
  return new PermanentError('PlanUnreadable', message, { cause });
}

function dict(values: Record<string, PyValue | undefined>): PyDict {
  return new Map<PyValue, PyValue>(
    Object.entries(values).filter((entry): entry is [string, PyValue] => entry[1] !== undefined),
  );
}

function object(values: PyDict): Record<string, PyValue> {
  return Object.fromEntries([...values].map(([key, value]) => [String(key), value]));
}
