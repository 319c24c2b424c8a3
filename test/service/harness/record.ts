/**
 * Records anew what the harness makes of its tasks with Python functions over our rows: `node test/service/harness/record.ts`, with
 * a `python3` in the PATH as ../own/record.ts says. With names of tasks it prints all their instances instead.
 */
import { writeFileSync } from 'node:fs';
import { EXPECTED, runHarnessTasks } from './recorder.ts';

const tasks = process.argv.slice(2);
if (tasks.length > 0) console.log(runHarnessTasks(tasks));
else writeFileSync(EXPECTED, runHarnessTasks());
