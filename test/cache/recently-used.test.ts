import { expect, it } from 'vitest';
import { RecentlyUsed } from '../../lib/cache/recently-used.ts';

it('forgets what was used longest ago where characters or entries are too many, and counts a key once', () => {
  const byChars = new RecentlyUsed<number>({ chars: 30, charsOfOne: 10 });
  for (const key of ['a', 'b', 'c', 'c', 'c']) byChars.set(key, 1, 10);
  byChars.get('a');
  byChars.set('d', 1, 10);
  expect([...byChars.keys()]).toEqual(['c', 'a', 'd']);
  const byEntries = new RecentlyUsed<number>({ chars: 30, charsOfOne: 10, entries: 2 });
  for (const key of ['a', 'b', 'c']) byEntries.set(key, 1, 1);
  expect([...byEntries.keys()]).toEqual(['b', 'c']);
});

it('keeps nothing that is too large, and what was kept under its key stays', () => {
  const kept = new RecentlyUsed<string>({ chars: 30, charsOfOne: 10 });
  kept.set('a', 'small', 10);
  kept.set('a', 'large', 11);
  expect(kept.get('a')).toBe('small');
});

it('gives nothing whose time is over, however often it was asked for, and has room for all again once cleared', () => {
  let now = 0;
  const kept = new RecentlyUsed<string>({ chars: 10, charsOfOne: 10, ms: 100, now: () => now });
  kept.set('a', 'x', 10);
  now = 99;
  expect(kept.get('a')).toBe('x');
  now = 100;
  expect(kept.get('a')).toBeUndefined();
  kept.clear();
  kept.set('b', 'y', 10);
  expect([kept.has('a'), kept.get('b')]).toEqual([false, 'y']);
});
