/** Python's `str` methods. All positions and lengths are code points; all functions are pure. */
export * from './casing.ts';
export * from './characters.ts';
export * from './padding.ts';
export * from './search.ts';
export * from './split.ts';
export * from './strip.ts';
