/** A text that is the same for the same settings, dicts and whole numbers among them, in microseconds; nothing reads it back. */
export function settingsText(settings: unknown): string {
  return JSON.stringify(settings, (_key, value: unknown) => {
    if (value instanceof Map) return ['map', ...value];
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}
