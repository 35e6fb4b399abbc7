/** `npm run build`: makes dist/uga.js, the one program with all faces, and the native parts beside it. */
import path from 'node:path';
import { ensureDependencies } from './dependencies.js';
import { root } from './root.js';

ensureDependencies();
const { buildProduct } = await import('./product.js');
await buildProduct(path.join(root, 'dist'), { interpreter: '/usr/bin/env node' });
