import type { Log } from '#shared/log/log.ts';
import type { ClipboardPort, Desktop, MonitorsPort } from './backend.ts';

/** Longer texts are not fetched to be looked at. */
const MAX_SHOWN_BYTES = 1024 * 1024;
const NOTHING = 'nothing: this agent was started to change nothing';

/**
 * The desktop of somebody who only wants to see what we would do: its layout is told, wishes for monitors are written
 * to the log and not applied, the pointer stays the person's, and the person's clipboard is neither read nor replaced. Decision 5.
 */
export function recordingDesktop(desktop: Desktop, log: Log): Desktop {
  return {
    display: desktop.display,
    by: { clipboard: NOTHING, monitors: NOTHING, pointerLayout: NOTHING },
    lacks: desktop.lacks,
    lost: desktop.lost,
    ...(desktop.changed && { changed: desktop.changed }),
    ...(desktop.pointerLayout && { pointerLayout: desktop.pointerLayout }),
    ...(desktop.monitors && { monitors: recordedMonitors(desktop.monitors, log) }),
    ...(desktop.clipboard && { clipboard: recordedClipboard(desktop.clipboard, log) }),
    [Symbol.asyncDispose]: () => desktop[Symbol.asyncDispose](),
  };
}

function recordedMonitors(monitors: MonitorsPort, log: Log): MonitorsPort {
  return {
    identify: (displays) => monitors.identify(displays),
    look: () => monitors.look(),
    onChange: (listener) => monitors.onChange(listener),
    async configure({ monitors: wished }) {
      log.info('monitors wished, not applied', {
        monitors: wished.map((one) => `${one.width}x${one.height}`).join(),
      });
      return { applied: false, why: 'this agent was started to change nothing' };
    },
  };
}

/** Pastes what is offered to nowhere, so that the way there can be seen to work. */
function recordedClipboard({ selections, types }: ClipboardPort, log: Log): ClipboardPort {
  return {
    selections,
    types,
    watch: () => ({ [Symbol.dispose]: () => {} }),
    read: async () => undefined,
    async offer(selection, offered, provide) {
      log.info('clipboard offered, not taken', { selection, types: offered.join() });
      if (!offered.includes('text')) return;
      const content = await provide('text');
      if (content === undefined || content.length > MAX_SHOWN_BYTES) return;
      log.info('clipboard content came', { selection, bytes: content.length });
    },
    withdraw: async () => {},
  };
}
