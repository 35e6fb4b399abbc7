import { announcement, MAX_ANNOUNCEMENT } from '#protocol/ipc/messages/notice.ts';
import type { Power, ShutdownPlan } from '../power/power.ts';
import type { SessionLink } from '../session-link/session-link.ts';
import { isUser } from '../sessions/classes.ts';

/** Terminals hear of a shutdown from the system; a desktop shows none of them, so its user is told by the session's agent. */
export function announcedPower(power: Power, link: SessionLink): Power {
  return {
    shutdown: (mode) => power.shutdown(mode),
    async schedule(plan) {
      await power.schedule(plan);
      announce(link, sentenceOf(plan));
    },
  };
}

function announce({ served }: SessionLink, text: string): void {
  if (served === undefined || !isUser(served.session) || !served.agent.has('notices')) return;
  served.agent.link.notify(announcement, { text: text.slice(0, MAX_ANNOUNCEMENT) });
}

/** "The host restarts this system in 5 min: Maintenance" */
export function sentenceOf({ mode, delaySeconds, message }: ShutdownPlan): string {
  const what = mode === 'reboot' ? 'restarts' : 'shuts down';
  return `The host ${what} this system ${whenOf(Math.ceil(delaySeconds))}: ${message}`;
}

function whenOf(seconds: number): string {
  if (seconds === 0) return 'now';
  return seconds < 120 ? `in ${seconds} s` : `in ${Math.ceil(seconds / 60)} min`;
}
