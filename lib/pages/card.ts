/** How a document came out. */
export type Outcome = 'right' | 'partly' | 'wrong' | 'failed';

/** One of a document's choices. */
export interface ShownChoice {
  readonly text: string;
  readonly gold: boolean;
  /** What else is known of it, such as whether it was chosen. */
  readonly note?: string;
}

/** A part of a card. Texts are shown as they are; none of them is ever read as markup. */
export type Block =
  /** A turn of a chat, or a prompt. */
  | { readonly kind: 'turn'; readonly role: string; readonly text: string }
  /** A text under a label. */
  | { readonly kind: 'text'; readonly label: string; readonly text: string; readonly mark?: 'gold' | 'bad' }
  | { readonly kind: 'choices'; readonly label: string; readonly choices: readonly ShownChoice[] }
  /** What a filter made of an answer, and its metrics. */
  | {
      readonly kind: 'extracted';
      readonly filter: string;
      readonly selected: boolean;
      readonly text: string;
      readonly metrics: readonly (readonly [metric: string, value: string])[];
    }
  /** Parts that are shown when they are asked for. */
  | { readonly kind: 'fold'; readonly label: string; readonly blocks: readonly Block[] };

/** A document's card. */
export interface Card {
  readonly title: string;
  /** Facts in one line. */
  readonly about: string;
  /** The group of cards that it is of, such as its task. */
  readonly group: string;
  readonly outcome: Outcome | null;
  /** What says how it came out, next to the title. */
  readonly word: string;
  /** What cards are sorted by. */
  readonly sort: { readonly id: number; readonly score: number; readonly time: number };
  readonly blocks: readonly Block[];
}

/** Texts longer than this are cut on a page, in characters. */
const MAX_SHOWN = 20_000;

/** The beginning of a long text, and how much more there was. */
export function cutForPage(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n… (${text.length - MAX_SHOWN} characters more)` : text;
}
