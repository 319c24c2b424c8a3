import type { RegexNode } from './nodes.ts';

/**
 * A text that every match holds, as far as that is plain to see; empty where it is not. Where a text lacks it there is no match:
 * `.*` in front of it would be tried from every place to the end, in a time that grows with the square of the text.
 */
export function literalIn(root: RegexNode): string {
  let longest = '';
  let run = '';
  const end = () => {
    if (run.length > longest.length) longest = run;
    run = '';
  };
  for (const node of root.kind === 'sequence' ? root.items : [root]) {
    const character = characterOf(node);
    if (character === null) {
      end();
      if (node.kind === 'group' || node.kind === 'plain' || node.kind === 'atomic') {
        run = literalIn(node.body);
        end();
      }
    } else run += character;
  }
  end();
  return longest;
}

function characterOf(node: RegexNode): string | null {
  if (node.kind !== 'set' || node.negated || node.flags.i || node.items.length !== 1) return null;
  const [item] = node.items;
  return item !== undefined && 'low' in item && item.low === item.high ? String.fromCodePoint(item.low) : null;
}
