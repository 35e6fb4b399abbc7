import type { SessionFeature } from '#protocol/ipc/messages/hello.ts';
import { type Service, ServiceGroup } from '#shared/lifecycle/service.ts';
import type { Log } from '#shared/log/log.ts';
import { ClipboardService } from './clipboard/service.ts';
import type { Desktop } from './desktop/backend.ts';
import { MonitorsService } from './monitors/service.ts';
import { PointerService } from './pointer/service.ts';
import type { Locked } from './screen-lock/screen-savers.ts';
import { ScreenLockService } from './screen-lock/service.ts';
import type { SystemSide } from './system-side.ts';

export interface Parts {
  readonly desktop: Desktop;
  readonly lockScreen: () => Promise<Locked>;
  readonly link: SystemSide & Service;
  /** What the services need and what runs before them: the buses. */
  readonly needed: readonly Service[];
  readonly log: Log;
}

/** What this session can do, for the hello: hosts are offered nothing else (L6). */
export function featuresOf({ clipboard, monitors, pointerLayout }: Desktop): readonly SessionFeature[] {
  return [
    ...(clipboard ? (['clipboard.text'] as const) : []),
    ...(monitors ? (['monitors'] as const) : []),
    ...(pointerLayout ? (['pointer.layout'] as const) : []),
    'screen-lock',
  ];
}

/** The whole agent of a session: the real parts come from main.ts, fakes from tests. The link is last: handlers first. */
export function sessionAgent({ desktop, lockScreen, link, needed, log }: Parts): Service {
  const pointer = desktop.pointerLayout && new PointerService(desktop.pointerLayout, link, log);
  return new ServiceGroup('session-agent', [
    ...needed,
    ...(desktop.clipboard ? [new ClipboardService(desktop.clipboard, link, log)] : []),
    ...(pointer ? [pointer] : []),
    ...(desktop.monitors ? [new MonitorsService(desktop.monitors, link, () => pointer?.report())] : []),
    new ScreenLockService(lockScreen, link, log),
    link,
  ]);
}
