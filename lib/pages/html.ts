/** What stands for a character that HTML reads otherwise. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\r': '&#13;',
};

/** Text as HTML shows it. A carriage return would be read as a line break; NUL and the like are not HTML at all. */
export function escapeHtml(text: string): string {
  return text.toWellFormed().replace(/[&<>"'\r]|[^\P{Cc}\t\n\r]/gu, (character) => {
    return ENTITIES[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A value as JSON inside of a script element: nothing in it can end the element or begin another one. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
