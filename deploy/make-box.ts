/** Makes the image of the sandbox's boxes, `.build/box`, where it is missing or old. Run by the set-up and by `npm run build`. */
import { join } from 'node:path';
import { makeBoxImage } from './box-image.ts';

await makeBoxImage(join(import.meta.dirname, '..'), (line) => console.log(line));
