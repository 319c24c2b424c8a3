/** `node bin/scale.ts [SUPPLIERS TASKS]`: prints docs/scale.md, for these numbers alone where they are given. */
import { scalePage } from './scale-page.ts';

const [suppliers, tasks] = process.argv.slice(2).map(Number);
const given = suppliers !== undefined && tasks !== undefined && suppliers * tasks > 0;
process.stdout.write(given ? scalePage([{ suppliers, tasks }]) : scalePage());
