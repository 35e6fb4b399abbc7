/** `npm run soak [-- CALLS]`: asks our agent 10^6 times and says what that has left. */
import { ensureDependencies } from '../../installer/dependencies.js';
import { root } from '../../installer/root.js';

process.chdir(root);
ensureDependencies();
await import('../../installer/bundle.js');
const { bundleProgram } = await import('../support/bundle.js');
const { runSoak } = await import(await bundleProgram('test/soak/main.ts'));
process.exitCode = await runSoak(process.argv.slice(2));
