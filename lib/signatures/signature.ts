import { completionPrinter, modelArgs } from '../payload/data.ts';
import { dumps, loads } from '../python/json.ts';
import { PyRandom } from '../python/random.ts';
import type { PyDict, PyValue } from '../python/value.ts';

/** What identifies a supplier's model: its tokenizer, its configuration, or what it answers to words without sense. */
export type SignatureTask = 'tokenizer' | 'config' | 'identity';

/** One request of a signature task: it has no document. */
export interface SignaturePrompt {
  /** `prompts.data`: the body, empty for a GET. */
  readonly data: string;
  /** Seconds to wait for an answer. */
  readonly timeout: number;
}

/** How a signature is asked for. */
export interface Signature {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly prompts: readonly SignaturePrompt[];
}

/** How many answers make an identity; the seed of each is its number. */
const IDENTITY_PROMPTS = 5;
const IDENTITY_WORDS = 10;
const IDENTITY_TOKENS = 100n;
const IDENTITY_TIMEOUT = 60;

/** The names of all, for messages. */
export const SIGNATURE_TASKS: readonly SignatureTask[] = ['tokenizer', 'config', 'identity'];

/** The task of that name; undefined where there is none. */
export function signatureTask(name: string): SignatureTask | undefined {
  return SIGNATURE_TASKS.find((task) => task === name);
}

/** How a task asks. @param seed picks the words of an identity: the same for all suppliers of a run */
export function signatureOf(task: SignatureTask, seed: bigint): Signature {
  switch (task) {
    case 'tokenizer':
      return { method: 'GET', path: '/pokt/tokenizer', prompts: [{ data: '', timeout: 300 }] };
    case 'config':
      return { method: 'GET', path: '/pokt/config', prompts: [{ data: '', timeout: 60 }] };
    case 'identity':
      return { method: 'POST', path: '/v1/completions', prompts: identityPrompts(seed) };
  }
}

/** Ten words by `random.choices` for each prompt, one after the other from one generator, each word followed by a blank. */
function identityPrompts(seed: bigint): SignaturePrompt[] {
  const random = new PyRandom(seed);
  return Array.from({ length: IDENTITY_PROMPTS }, (_, number) => {
    const words = random.choices(WORDS, IDENTITY_WORDS);
    return { data: identityRequest(`${words.join(' ')} `, BigInt(number)), timeout: IDENTITY_TIMEOUT };
  });
}

/** The completion request as the request model gives it, printed as Python's `json.dumps` prints it. */
function identityRequest(prompt: string, seed: bigint): string {
  const kwargs: PyDict = new Map<PyValue, PyValue>([
    ['max_tokens', IDENTITY_TOKENS],
    ['temperature', 0],
    ['seed', seed],
  ]);
  return dumps(loads(completionPrinter(kwargs, modelArgs(new Map()))(prompt)));
}

/**
 * Words that identity prompts are made of. Any list serves, as long as it is the same for all suppliers of a run; changing
 * it changes every signature, so it never changes without a word in the changelog.
 */
export const WORDS: readonly string[] = [
  ...['amber', 'anchor', 'apron', 'arrow', 'autumn', 'bakery', 'barley', 'basket', 'beacon', 'bishop', 'blanket'],
  ...['border', 'bottle', 'bridge', 'bronze', 'butter', 'cabin', 'candle', 'canyon', 'carpet', 'castle', 'cedar'],
  ...['cellar', 'chapel', 'cherry', 'circle', 'clover', 'cobalt', 'copper', 'corner', 'cotton', 'cradle', 'crystal'],
  ...['dancer', 'desert', 'diamond', 'dolphin', 'dragon', 'eagle', 'echo', 'ember', 'engine', 'fabric', 'falcon'],
  ...['feather', 'fiddle', 'forest', 'fossil', 'garden', 'garlic', 'ginger', 'glacier', 'granite', 'hammer', 'harbor'],
  ...['harvest', 'hazel', 'helmet', 'honey', 'horizon', 'island', 'ivory', 'jacket', 'jasmine', 'jigsaw', 'journey'],
  ...['kettle', 'kitchen', 'ladder', 'lantern', 'lemon', 'library', 'lizard', 'magnet', 'maple', 'marble', 'meadow'],
  ...['mirror', 'morning', 'mountain', 'needle', 'nickel', 'ocean', 'olive', 'orbit', 'orchard', 'otter', 'oyster'],
  ...['paddle', 'paper', 'pebble', 'pepper', 'pigeon', 'pillow', 'planet', 'pocket', 'prairie', 'puzzle', 'quarry'],
  ...['rabbit', 'raven', 'ribbon', 'river', 'rocket', 'saddle', 'saffron', 'salmon', 'shadow', 'silver', 'spider'],
  ...['spring', 'stable', 'storm', 'summer', 'sunset', 'table', 'thunder', 'timber', 'tunnel', 'valley', 'velvet'],
  ...['violin', 'walnut', 'whistle', 'willow', 'window', 'winter', 'wizard', 'yellow', 'yonder', 'zebra', 'zephyr'],
];
