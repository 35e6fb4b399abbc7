/** `npm run vm [-- IMAGE]`: builds the product and the driver of the VM tests and starts a guest for a person. */
import { ensureDependencies } from '../../installer/dependencies.js';
import { makePackage } from '../../installer/package.js';
import { root } from '../../installer/root.js';

process.chdir(root);
ensureDependencies();
await makePackage({ quick: true });
const { bundleProgram } = await import('../support/bundle.js');
const { runConsole } = await import(await bundleProgram('test/vm/console.ts'));
process.exitCode = await runConsole(process.argv.slice(2));
