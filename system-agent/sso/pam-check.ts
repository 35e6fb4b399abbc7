import { encodeCredentials } from '#protocol/ovirt/credential-block.ts';
import type { Bus } from '#shared/dbus/bus.ts';
import { AgentError } from '#shared/errors.ts';
import type { Run } from '#shared/process/run.ts';
import { unlockSession } from '../sessions/login1.ts';
import type { SsoSystem } from './sso.ts';

/** A PAM module may ask a server, and waits two seconds after a wrong password. */
const TIMEOUT_MS = 30_000;
/** Exit code of uga-pam-check: user or password are wrong, or the account may not be used now. */
const NO = 1;

/** @param program path of uga-pam-check, which reads user and password from its stdin and prints the user's id */
export function linuxSso(run: Run, program: string, bus: Bus): SsoSystem {
  return {
    async check(user, password) {
      const input = encodeCredentials(user, password.bytes);
      const { status, output } = await run([program], { timeoutMs: TIMEOUT_MS, input, stdoutOnly: true }).finally(() =>
        input.fill(0),
      );
      if (status === NO) return undefined;
      if (status !== 0 || !/^\d{1,10}\n$/.test(output)) throw new AgentError('failed', 'uga-pam-check cannot ask PAM');
      return Number(output);
    },

    async unlock(session) {
      await bus.call(unlockSession(session));
    },
  };
}
