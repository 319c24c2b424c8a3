/** The items of an array in Postgres' text form, `{"a","b \"c\"",NULL}`; throws Error where it has more than one dimension or is malformed. */
export function parseArray(text: string): (string | null)[] {
  const items: (string | null)[] = [];
  if (text === '{}') return items;
  let at = 1;
  while (at < text.length) {
    if (text[at] === '{') throw new Error('an array of more than one dimension');
    if (text[at] === '"') {
      let item = '';
      let from = ++at;
      while (text[at] !== '"') {
        if (at >= text.length) throw new Error('an array without an end');
        if (text[at] === '\\') {
          item += text.slice(from, at);
          from = ++at;
        }
        at++;
      }
      items.push(item + text.slice(from, at++));
    } else {
      const end = text.slice(at).search(/[,}]/);
      if (end < 0) throw new Error('an array without an end');
      const item = text.slice(at, at + end);
      items.push(item === 'NULL' ? null : item);
      at += end;
    }
    if (text[at] === '}' && at === text.length - 1) return items;
    if (text[at] !== ',') throw new Error('an array without a comma between its items');
    at++;
  }
  throw new Error('an array without an end');
}
