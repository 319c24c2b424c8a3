/**
 * Records anew what the harness makes of our own tasks and rows: `node test/service/own/record.ts`, with a `python3` in the PATH
 * that has lm-eval 0.4.9, openai 1.91.0 and pydantic 2.10.6 (`pip install --no-deps lm-eval==0.4.9` and what it names, torch
 * and transformers left out).
 */
import { writeFileSync } from 'node:fs';
import { EXPECTED, runHarness } from './recorder.ts';

writeFileSync(EXPECTED, runHarness());
