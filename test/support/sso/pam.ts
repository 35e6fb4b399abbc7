import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryFolder, without } from '../programs.ts';

const NATIVE = 'system-agent/sso/native';
const SUPPORT = 'test/support/sso';
/** Bytes that are touched beyond an object, twice or after its end are seen. */
const SANITIZED = [
  '-std=gnu11',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-g',
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
];

export const withoutPam =
  without('cc') ||
  (existsSync('/usr/include/security/pam_ext.h') ? false : "PAM's headers (libpam0g-dev) are not installed");

/** Folder with the sources of the original module, pam-ovirt-cred of ovirt-guest-agent: no Debian package has them. */
const ORIGINAL = process.env.UGA_OVIRT_PAM ?? '';
const ORIGINAL_FILES = ['pam_ovirt_cred.c', 'cred_channel.c'].map((name) => path.join(ORIGINAL, name));

export const withoutOriginal =
  withoutPam ||
  (ORIGINAL !== '' && ORIGINAL_FILES.every((file) => existsSync(file))
    ? false
    : "UGA_OVIRT_PAM names no folder with pam_ovirt_cred's source");

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Our C parts, compiled with sanitizers against a socket and service files of the test's own: nothing of this machine's PAM. */
export class PamLab implements Disposable {
  readonly #folder = temporaryFolder();

  /** @param socket abstract name, without its NUL */
  constructor(socket: string) {
    mkdirSync(this.#path('pam.d'));
    this.#compile('module.so', `${NATIVE}/pam_uga_cred.c`, '-fPIC', '-shared', `-DCREDENTIAL_SOCKET="${socket}"`);
    this.#compile('test.so', `${SUPPORT}/pam_test_module.c`, '-fPIC', '-shared');
    this.#compile('driver', `${SUPPORT}/pam_driver.c`);
    const start = 'START_PAM(user, conv, pam)=pam_start_confdir("check", user, conv, getenv("UGA_TEST_PAM"), pam)';
    this.#compile('check', `${NATIVE}/uga-pam-check.c`, `-D${start}`);
  }

  /** Their module, unchanged: it knows the one socket only. */
  addOriginal(): void {
    writeFileSync(this.#path('config.h'), '');
    const args = ['-fPIC', '-shared', `-I${this.#folder.path}`, '-o', this.#path('original.so'), ...ORIGINAL_FILES];
    execFileSync('cc', [...args, '-lpam'], { stdio: 'ignore' });
  }

  /** @param lines in which MODULE is pam_uga_cred, ORIGINAL pam_ovirt_cred, and TEST the tests' own module */
  service(name: string, ...lines: readonly string[]): void {
    const text = lines
      .join('\n')
      .replaceAll('ORIGINAL', this.#path('original.so'))
      .replaceAll('MODULE', this.#path('module.so'))
      .replaceAll('TEST', this.#path('test.so'));
    writeFileSync(this.#path(`pam.d/${name}`), `${text}\n`);
  }

  /** As a greeter (user undefined) or a lock screen. @returns what was asked, shown and the result, line by line */
  async authenticate(service: string, user: string | undefined, answer: string, as = 0): Promise<readonly string[]> {
    const args = [this.#path('pam.d'), service, user ?? '-', answer];
    const { status, stdout, stderr } = await this.#run('driver', args, Buffer.alloc(0), as);
    if (status !== 0) throw new Error(`the driver ended with ${status}: ${stderr}`);
    return stdout.trimEnd().split('\n');
  }

  check(input: Buffer, ...args: readonly string[]): Promise<Ran> {
    return this.#run('check', args, input);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  #run(name: string, args: readonly string[], input: Buffer, as = 0): Promise<Ran> {
    return new Promise((resolve) => {
      const env = { ...process.env, UGA_TEST_PAM: this.#path('pam.d'), ASAN_OPTIONS: 'detect_leaks=0' };
      const child = execFile(this.#path(name), args, { env, ...(as !== 0 && { uid: as }) }, (error, stdout, stderr) => {
        resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      });
      child.stdin?.on('error', () => {}).end(input);
    });
  }

  #compile(name: string, source: string, ...args: readonly string[]): void {
    execFileSync('cc', [...SANITIZED, ...args, '-o', this.#path(name), source, '-lpam'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }

  #path(name: string): string {
    return path.join(this.#folder.path, name);
  }
}
