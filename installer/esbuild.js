/**
 * Settings shared by the product's bundle and the tests': one place decides how native parts are found.
 *
 * koffi's own loader looks for its addon in several relative folders. A root process must load native code from one
 * place only, so the loader is replaced by a `require` of the file that the build puts beside the bundle.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './root.js';

export { root };

const NATIVE = 'native/koffi.node';

/** The guard of freezes: source, and where system-agent/freeze/linux.ts looks for it beside the bundle. */
const GUARD_SOURCE = 'system-agent/freeze/guard/uga-freeze-guard.c';
export const GUARD = 'native/uga-freeze-guard';

/** What session-agent/desktop/x11 asks of the x11 package beyond its core. */
const X11_PARTS = new Set(['./ext/big-requests', './ext/fixes', './ext/randr', './ext/xc-misc', './ext/xtest']);

/** @type {import('esbuild').Plugin} */
const nativeParts = {
  name: 'native-parts',
  setup(build) {
    build.onResolve({ filter: /^koffi$/ }, () => ({ path: 'koffi', namespace: 'addon' }));
    build.onResolve({ filter: /.*/, namespace: 'addon' }, ({ path: addon }) => ({ path: addon, external: true }));
    build.onLoad({ filter: /.*/, namespace: 'addon' }, () => ({
      contents: `module.exports = require('./${NATIVE}');`,
      loader: 'js',
    }));
    // msgpackr's optional accelerator starts four threads for nothing that is needed here.
    build.onResolve({ filter: /^msgpackr-extract$/ }, () => ({ path: 'msgpackr-extract', namespace: 'absent' }));
    // The x11 package also holds an X server, key names and two dozen extensions: three quarters of a megabyte to parse.
    build.onResolve({ filter: /^\.\/(xserver|keysyms|ext\/.+)$/ }, ({ path: wanted, importer }) => {
      const isOfX11 = /\/node_modules\/x11\/lib\/(index|xcore)\.js$/.test(importer);
      return isOfX11 && !X11_PARTS.has(wanted) ? { path: wanted, namespace: 'absent' } : undefined;
    });
    // pino's transports are threads that write logs elsewhere; ours go to one descriptor.
    build.onResolve({ filter: /^\.\/(lib\/)?transport$/ }, ({ path: wanted, importer }) =>
      /\/node_modules\/pino\/(pino|lib\/tools)\.js$/.test(importer) ? { path: wanted, namespace: 'absent' } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: 'absent' }, () => ({
      contents: 'module.exports = undefined',
      loader: 'js',
    }));
  },
};

/** @type {import('esbuild').BuildOptions} */
export const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  // One character beyond Latin-1 makes V8 keep the whole program with two bytes for each: 1.2 MB of every process.
  charset: 'ascii',
  logLevel: 'warning',
  // The bundle names its modules by their paths; a node_modules that is a link must not make them other ones.
  preserveSymlinks: true,
  plugins: [nativeParts],
  // CommonJS dependencies inside an ES module bundle call `require` for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

/**
 * Puts koffi's addon for this machine beside a bundle.
 * @param {string} directory folder of the bundle
 */
export function copyNativeParts(directory) {
  const require = createRequire(import.meta.url);
  const folder = path.dirname(require.resolve(`@koromix/koffi-${process.platform}-${process.arch}/package.json`));
  const target = path.join(directory, NATIVE);
  mkdirSync(path.dirname(target), { recursive: true });
  rmSync(target, { force: true }); // never written over: a process that has loaded it would crash
  copyFileSync(path.join(folder, `${process.platform}_${process.arch}`, 'koffi.node'), target);
}

/**
 * Compiles the guard of freezes beside a bundle, where there is a C compiler. It is static, so that nothing has to be
 * loaded for it while the disks stand still.
 * @param {string} directory folder of the bundle
 * @returns {string | undefined} why it is not there
 */
export function compileGuard(directory) {
  return compile(['-pthread', '-static', path.join(root, GUARD_SOURCE)], path.join(directory, GUARD));
}

/** What PAM loads, and what asks PAM: single sign-on. */
const PAM_PARTS = {
  'native/pam_uga_cred.so': ['-fPIC', '-shared', 'system-agent/sso/native/pam_uga_cred.c'],
  'native/uga-pam-check': ['-fPIE', '-pie', 'system-agent/sso/native/uga-pam-check.c'],
};

/**
 * Compiles what single sign-on needs of PAM beside a bundle, where there are a C compiler and PAM's headers.
 * @param {string} directory folder of the bundle
 * @returns {string | undefined} why it is not there
 */
export function compilePamParts(directory) {
  for (const [name, args] of Object.entries(PAM_PARTS)) {
    const paths = args.map((word) => (word.endsWith('.c') ? path.join(root, word) : word));
    const missing = compile([...HARDENING, ...paths, '-lpam'], path.join(directory, name));
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** As Debian builds its own. */
const HARDENING = ['-U_FORTIFY_SOURCE', '-D_FORTIFY_SOURCE=2', '-fstack-protector-strong', '-Wl,-z,relro,-z,now'];

/**
 * @param {string[]} args
 * @param {string} target
 */
function compile(args, target) {
  mkdirSync(path.dirname(target), { recursive: true });
  const common = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-O2', '-s', '-o', target];
  const { error, status, stderr } = spawnSync('cc', [...common, ...args], { encoding: 'utf8' });
  if (error !== undefined) return 'there is no C compiler (cc)';
  return status === 0 ? undefined : stderr.trim();
}
