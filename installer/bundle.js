/** `npm run build`: makes dist/uga.js, the one program with all faces, and the native parts beside it. */
import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { buildCommit } from './commit.js';
import { ensureDependencies } from './dependencies.js';

ensureDependencies();
const { build } = await import('esbuild');
const { common, copyNativeParts, root } = await import('./esbuild.js');

const dist = path.join(root, 'dist');
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
await build({
  ...common,
  entryPoints: { uga: 'uga.ts' },
  outdir: dist,
  legalComments: 'none',
  banner: { js: `#!/usr/bin/env node\n${common.banner?.js}` },
  define: { UGA_VERSION: JSON.stringify(version), UGA_COMMIT: JSON.stringify(buildCommit()) },
});
chmodSync(path.join(dist, 'uga.js'), 0o755);
copyNativeParts(dist);
