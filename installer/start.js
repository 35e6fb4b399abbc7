/** `npm start`: sets up what is missing, builds, and runs `uga demo` with the arguments after `--`. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureDependencies } from './dependencies.js';
import { root } from './root.js';

ensureDependencies();
await import('./bundle.js');
const program = path.join(root, 'dist', 'uga.js');
// In this process: a parent in between would take Ctrl-C for itself.
process.argv = [process.execPath, program, 'demo', ...process.argv.slice(2)];
await import(pathToFileURL(program).href);
