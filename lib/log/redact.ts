/** Blots out the password of every URI in a text. */
export function redact(text: string): string {
  return text.replace(/([a-z][\w+.-]*:\/\/[^\s/:@"\\]*):[^\s/"\\]+@/gi, '$1:***@');
}
