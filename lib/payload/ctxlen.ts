/** Words per token that the Python service assumes. */
const WORDS_PER_TOKEN = 0.75;

/** The Python service's estimate of a text's tokens: pieces between single spaces, however many stand in a row (PAYLOAD-12). */
export function textLength(text: string): number {
  let pieces = 1;
  for (let at = text.indexOf(' '); at >= 0; at = text.indexOf(' ', at + 1)) pieces++;
  return Math.trunc(pieces / WORDS_PER_TOKEN);
}
