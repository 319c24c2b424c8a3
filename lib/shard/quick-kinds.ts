import type { Plan } from '../plan/plan.ts';
import { settingsText } from '../plan/settings-text.ts';

/** Milliseconds that a document may take to render; most take a hundredth of it. */
const QUICK_MS = 5;
/** Settings that are known at a time of one definition, and how long they may be. */
const MAX_SETTINGS = 100;
const MAX_SETTINGS_CHARS = 2_000;

/**
 * Which kinds of plans this process has rendered before by itself, quickly: the definition, the version of its data set and the
 * settings, without who is asked and about which documents. Rendering other documents of it takes as little, and does not end the process.
 */
export class QuickKinds {
  /** Definitions are kept by whoever reads them, some hundred at a time. */
  readonly #known = new WeakMap<Plan['entry'], Set<string>>();

  has(plan: Plan): boolean {
    return this.#known.get(plan.entry)?.has(settingsOf(plan)) ?? false;
  }

  /** Notes that so many documents of a plan were rendered, in so many milliseconds. */
  rendered(plan: Plan, docs: number, ms: number): void {
    const settings = settingsOf(plan);
    if (ms > docs * QUICK_MS || settings.length > MAX_SETTINGS_CHARS) {
      this.#known.get(plan.entry)?.delete(settings);
      return;
    }
    const known = this.#known.get(plan.entry) ?? new Set();
    if (known.size >= MAX_SETTINGS) known.clear();
    this.#known.set(plan.entry, known.add(settings));
  }
}

function settingsOf({ entry: _, docCount, seed, randomSeed, ...plan }: Plan): string {
  const { requesterArgs, blacklist, ...asked } = plan.asked;
  return settingsText({ ...plan, asked });
}
