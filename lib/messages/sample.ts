import * as z from 'zod';
import {
  alwaysFalse,
  dictOf,
  laxBool,
  laxInt,
  laxNumber,
  notNegative,
  numberList,
  oneLine,
  sortedDict,
  text,
  textDict,
  ZERO_TEXT,
} from './lax.ts';
import { commonShape } from './register.ts';

/** The framework of requests for what identifies a supplier's model (tasks `tokenizer`, `config`, `identity`). */
export const SIGNATURES = 'signatures';

/** Whom the Requester asks, and how. Other keys are ignored, as the Python service ignores them. */
const requesterArgs = dictOf(
  {
    address: oneLine.min(1, 'must not be empty').describe('The supplier to ask.'),
    service: oneLine
      .min(1, 'must not be empty')
      .describe('The service to ask it for; its time-outs are configured by this name.'),
    method: oneLine.default('POST').describe("HTTP method of the Requester's calls."),
    path: text
      .optional()
      .describe(
        "Path of the Requester's calls: `/v1/chat/completions` or `/v1/completions`. Else the override table's, mostly chat.",
      ),
    headers: textDict
      .default(new Map([['Content-Type', 'application/json']]))
      .describe("HTTP headers of the Requester's calls."),
  },
  'ignore',
).describe('Whom the Requester asks, and how. Other keys in it are ignored.');

/** What counts as no qty, for JSON Schema. */
const NO_QTY = { anyOf: [{ enum: [0, false, null] }, ZERO_TEXT] };

const idList = numberList('must be a list of document ids');

/** The body of a sample message (MESSAGE-2 to MESSAGE-8). Defaults that depend on the task or the path come later. */
export const sampleMessage = dictOf(
  {
    framework: text
      .refine(
        (value) => value.includes('lmeh') || value === SIGNATURES,
        `must contain "lmeh" or be "${SIGNATURES}": no other framework is sampled here`,
      )
      .meta({
        pattern: `lmeh|^${SIGNATURES}$`,
        description: `Which kind of work: everything that contains \`lmeh\` is the harness's; \`${SIGNATURES}\` asks what identifies a supplier's model.`,
      }),
    ...commonShape,
    requester_args: requesterArgs,
    blacklist: idList.default([]).describe('Documents that are not drawn; ids outside the split are ignored.'),
    qty: laxNumber
      .optional()
      .describe('How many documents to draw by the seed; negative means all of them. 0 counts as not given.'),
    doc_ids: idList
      .optional()
      .describe('Exactly these documents instead; order and repeats do not matter. An empty list counts as not given.'),
    model: text
      .default('pocket_network')
      .describe("Kept for the Python service's senders; `llm_args.model` names the model asked."),
    llm_args: sortedDict.optional().describe('Arguments of the model; `model` among them goes into every prompt.'),
    num_fewshot: notNegative
      .optional()
      .describe("Worked examples before each question. Else the override table's, else the task's."),
    gen_kwargs: z.union([text, sortedDict], { error: 'must be an object or text' }).optional().meta({
      description: "Arguments of generation over the task's own, as an object or as `key=value,...`.",
    }),
    bootstrap_iters: laxNumber.default(100000).describe('Handed on to the Evaluator.'),
    system_instruction: text.optional().describe("Text before the task's description in the system message."),
    apply_chat_template: laxBool
      .optional()
      .describe(
        'Prompts as chat messages: true on the chat path and false on `/v1/completions`, as if not sent; else refused.',
      ),
    fewshot_as_multiturn: laxBool
      .optional()
      .describe(
        'Worked examples as turns of their own. If not sent, true on the chat path; on `/v1/completions`, true is refused.',
      ),
    confirm_run_unsafe_code: laxBool.default(false).describe('Handed on to the Evaluator.'),
    doc_as_chat_template: alwaysFalse('needs a newer harness than 0.4.9; leave it out')
      .default(false)
      .describe("A key of the Manager's: false changes nothing, true is refused."),
    random_seed: laxInt
      .optional()
      .describe(
        "The Manager's seed, the same for all suppliers of a run: draws documents and worked examples as the newer Python service does.",
      ),
    seed: laxInt
      .optional()
      .describe("Draws the documents. Else derived from the message's identity, so that a redelivery draws the same."),
  },
  'refuse',
)
  .refine(({ qty, doc_ids }) => !(qty && doc_ids?.length), {
    path: ['qty'],
    message: 'give either qty or doc_ids, not both',
  })
  .refine(({ seed, random_seed }) => seed === undefined || random_seed === undefined, {
    path: ['random_seed'],
    message: 'give either random_seed or seed, not both',
  })
  .refine(({ qty, doc_ids }) => qty || doc_ids?.length, {
    path: ['qty'],
    message: 'give qty (not 0; negative means all documents) or doc_ids',
  })
  .meta({
    title: 'sample message',
    description:
      "Asks for questions of tasks to one supplier's service: `qty` documents drawn by a seed, or those of `doc_ids`.",
    oneOf: [
      { required: ['qty'], properties: { qty: { not: NO_QTY } } },
      { required: ['doc_ids'], properties: { doc_ids: { type: 'array', minItems: 1 } } },
    ],
    not: {
      required: ['seed', 'random_seed'],
      properties: { seed: { not: { type: 'null' } }, random_seed: { not: { type: 'null' } } },
    },
  });
/** One, as read. */
export type SampleMessage = z.output<typeof sampleMessage>;
