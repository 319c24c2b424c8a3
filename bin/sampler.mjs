#!/usr/bin/env node
/** `npx sampler ...`: the same as `npm run sampler -- ...`, but file names count from where it is called. */
process.env['SAMPLER_CWD'] = process.cwd();
process.argv.splice(2, 0, 'sampler');
await import('../localstack/setup.mjs');
