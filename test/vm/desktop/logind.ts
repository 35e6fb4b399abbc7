import { setTimeout as sleep } from 'node:timers/promises';
import type { RootShell } from '../guest/root-shell.ts';
import { until } from '../support/wait.ts';

/** A login session as logind tells it. */
export interface LoginSession {
  readonly id: string;
  readonly user: string;
  readonly display: string;
  /** It has the screen now. */
  readonly active: boolean;
}

/** Starting a session under emulation takes seconds, on a busy machine many. */
const SESSION_TIMEOUT_MS = 90_000;

/** Sessions of users and greeters, without those that are closing. */
async function loginSessions(shell: RootShell): Promise<LoginSession[]> {
  // One at a time: a session may end between the list and the look.
  const text = await shell.run(
    `for file in /run/systemd/sessions/*[!f]; do
      loginctl show-session -p Id -p Name -p Display -p Active -p State "\${file##*/}" 2>/dev/null && echo
    done; true`,
  );
  return text
    .split('\n\n')
    .map((block) => Object.fromEntries(block.split('\n').map((line) => line.split('=') as [string, string])))
    .filter((fields) => fields.State !== 'closing')
    .map(({ Id = '', Name = '', Display = '', Active }) => ({
      id: Id,
      user: Name,
      display: Display,
      active: Active === 'yes',
    }));
}

/** Waits until a user has the screen. */
export async function activeSession(shell: RootShell, user: string): Promise<LoginSession> {
  return until(SESSION_TIMEOUT_MS, `${user} at the screen`, async () =>
    (await loginSessions(shell)).find((session) => session.active && session.user === user),
  );
}

/** Waits until a user has no session. */
export async function loggedOut(shell: RootShell, user: string): Promise<void> {
  await until(SESSION_TIMEOUT_MS, `the end of the session of ${user}`, async () => {
    const sessions = await loginSessions(shell);
    return sessions.some((session) => session.user === user) ? undefined : true;
  });
}

/** Gives the screen to a session. */
export async function switchTo(shell: RootShell, session: LoginSession): Promise<void> {
  await shell.run(`loginctl activate ${session.id}`);
  await activeSession(shell, session.user);
}

/** Writes down what logind says, from now on. */
export async function watchLogind(shell: RootShell): Promise<void> {
  await shell.run(`busctl --system --json=short monitor org.freedesktop.login1 >${SIGNALS} 2>&1 &`);
  await until(SESSION_TIMEOUT_MS, 'the monitor of the bus', async () => {
    const { status } = await shell.try(`grep -q Monitoring ${SIGNALS}`);
    return status === 0 || undefined;
  });
}

/** When logind last told that a session has the screen, in ms of the guest's clock; needs `watchLogind`. */
export async function toldActive(shell: RootShell, { id }: LoginSession): Promise<number> {
  return toldLast(shell, `"ActiveSession":.*"data":."${id}",`);
}

/** When logind last told that a session's desktop is locked, or is not; by the same clock. */
export async function toldLocked(shell: RootShell, locked: boolean): Promise<number> {
  return toldLast(shell, `"PropertiesChanged".*"LockedHint":."type":"b","data":${locked}`);
}

/** When logind told that a session is no more. */
export async function toldRemoved(shell: RootShell, { id }: LoginSession): Promise<number> {
  return toldLast(shell, `"member":"SessionRemoved".*"data":."${id}",`);
}

/** @param pattern of grep, for a line of `busctl monitor` */
async function toldLast(shell: RootShell, pattern: string): Promise<number> {
  const line = await shell.run(`grep '${pattern}' ${SIGNALS} | tail -n 1`);
  return (JSON.parse(line) as { 'timestamp-realtime': number })['timestamp-realtime'] / 1000;
}

const SIGNALS = '/run/lab/logind-signals';

/** Brings up LightDM's greeter, with this user chosen, beside the sessions there are. */
export async function askForUser(shell: RootShell, user: string): Promise<void> {
  await shell.run(`XDG_SEAT_PATH=/org/freedesktop/DisplayManager/Seat0 dm-tool switch-to-user ${user}`);
}

/** Environment of programs that root lets look at LightDM's greeter. */
export function reachOf({ display }: LoginSession): string {
  return `DISPLAY=${display} XAUTHORITY=/run/lightdm/root/${display}`;
}

/**
 * Waits for the greeter and types the password into it, for a new session or to unlock the one there is; again if it came
 * before the greeter could take it.
 * @param user the one that the greeter has chosen: whom it was asked for, or who logged in last
 */
export async function signIn(shell: RootShell, user: string, password: string): Promise<LoginSession> {
  const greeter = await activeSession(shell, 'lightdm');
  const reach = reachOf(greeter);
  await until(SESSION_TIMEOUT_MS, `the login of ${user}`, async () => {
    await shell.try(
      `export ${reach}; xdotool search --sync --onlyvisible --class lightdm-gtk-greeter >/dev/null &&
        xdotool key ctrl+a && xdotool type --delay 50 ${password} && xdotool key Return`,
      TYPE_SECONDS,
    );
    for (let look = 0; look < LOOKS; look++) {
      if ((await loginSessions(shell)).some((session) => session.user === user && session.active)) return true;
      await sleep(500);
    }
    return undefined;
  });
  return activeSession(shell, user);
}

/** A window that comes only after this is looked for again. */
const TYPE_SECONDS = 10;
/** A right password makes a session within seconds; typing again too early would do no harm. */
const LOOKS = 8;
